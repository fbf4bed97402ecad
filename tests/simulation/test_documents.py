from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from docflow.testing.promises import broken_promises
from docflow.testing.scenarios import draw

SEEDS = int(os.environ.get("DOCFLOW_SIMULATIONS", "1000"))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_documents_end_well_whatever_goes_wrong(play: Callable[..., Any], seed: int) -> None:
    scenario = draw(seed)
    assert broken_promises(play(scenario).outcome) == [], scenario
