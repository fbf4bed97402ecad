from __future__ import annotations

import pytest

from docflow.policy.cost import estimate_usd


def test_cost_is_the_sum_of_its_parts() -> None:
    usd = estimate_usd(
        ocr_pages=2_000,
        prompt_tokens=1_000_000,
        completion_tokens=500_000,
        usd_per_1000_pages=1.5,
        usd_per_million_prompt=0.15,
        usd_per_million_completion=0.6,
    )

    assert usd == pytest.approx(3.0 + 0.15 + 0.3)
