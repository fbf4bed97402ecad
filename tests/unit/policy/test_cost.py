from __future__ import annotations

import pytest

from docflow.models.usage import Prices


def test_cost_is_the_sum_of_its_parts() -> None:
    prices = Prices(1.5, 0.15, 0.6)

    usd = prices.of(ocr_pages=2_000, prompt_tokens=1_000_000, completion_tokens=500_000)

    assert usd == pytest.approx(3.0 + 0.15 + 0.3)
