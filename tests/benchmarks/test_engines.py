"""Both engines are measured, one after the other, and stand side by side."""

from __future__ import annotations

import pytest

from benchmarks import at_rest, engines
from benchmarks.engines import SMALL, Figures, Sizes
from benchmarks.measuring import Extent, Scenario
from devstack.stack.errors import StackError


def test_both_engines_stand_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[tuple[str, Sizes]] = []

    def on(engine: str, sizes: Sizes) -> Figures:
        measured.append((engine, sizes))
        return {"letter": 2.0 if engine == "local" else 3.0, "nothing": 0.0}

    monkeypatch.setattr(engines, "_on", on)
    monkeypatch.setattr(engines, "choose_engine", lambda wanted, _environ: wanted)

    letter, nothing = engines.measure(Extent(small=True)).rows

    assert measured == [("local", SMALL), ("func", SMALL)]
    assert (letter.what, letter.figures) == (
        "letter",
        {"local": 2.0, "func": 3.0, "func / local": 1.5},
    )
    assert nothing.figures["func / local"] == 0.0


@pytest.mark.parametrize("scenario", [engines.SCENARIO, at_rest.SCENARIO])
def test_a_missing_engine_is_noticed_before_anything_is_measured(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("DOCFLOW_FUNC", raising=False)
    monkeypatch.setattr("devstack.testing.whole_stack.Stack", None)

    with pytest.raises(StackError, match="Core Tools"):
        scenario.measure()
