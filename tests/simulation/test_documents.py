"""A thousand documents, each from a seed: whatever goes wrong, each comes to its end as promised.

The orchestrations and activities are those that are registered; the host is simulated and the
services are in memory. A seed decides over the document, what people do, how calls of services
fail, when the process dies, and in which order and how often messages arrive.

A failing seed is part of the test's name, so one command repeats it:

    python3 dev.py test "tests/simulation/test_documents.py::test_end_is_as_promised[4711]"

More seeds than usual, or a seed beyond the usual ones, with DOCFLOW_SIMULATIONS=20000 before it.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from docflow.models.states import Status
from testkit.invariants import broken_invariants
from testkit.scenarios import Broken, Mishap, Paper, Scenario, Via, draw

SEEDS = int(os.environ.get("DOCFLOW_SIMULATIONS", "1000"))
SOME = range(60)

Play = Callable[..., Any]


@pytest.mark.parametrize("seed", range(SEEDS), ids=str)
def test_end_is_as_promised(play: Play, seed: int) -> None:
    story = play(draw(seed))

    assert broken_invariants(story.outcome) == [], story.scenario


def test_seeds_cover_every_kind_of_story() -> None:
    scenarios = [draw(seed) for seed in range(1_000)]
    reviewed = [scenario for scenario in scenarios if scenario.needs_review]

    assert {s.paper for s in scenarios} == set(Paper)
    assert {s.mishap for s in scenarios} == set(Mishap)
    assert {s.broken for s in scenarios if s.understood} == set(Broken)
    assert {move.via for s in reviewed for move in s.moves} == set(Via)
    assert {s.copies for s in scenarios} == {1, 2}
    assert min(Counter(s.apart for s in reviewed).values()) > 100
    assert any(s.desk_loses_answer and s.desk_lag_seconds for s in reviewed)
    assert any(s.desk_loses_answer for s in reviewed if Status.PUBLISHED in s.ends())
    assert sum(_at_once(s) for s in reviewed) > 20, "opposite decisions at the same moment"


def _at_once(scenario: Scenario) -> bool:
    verdicts: dict[object, set[bool]] = {}
    for move in scenario.moves:
        if move.via is not Via.MALFORMED:
            verdicts.setdefault(move.after, set()).add(move.approved)
    return any(len(both) == 2 for both in verdicts.values())


def test_things_do_go_wrong_and_every_end_is_met(play: Play) -> None:
    ends: Counter[Status] = Counter()
    crashed: Counter[str] = Counter()
    repeated = lost = withdrawn = waited = 0
    for seed in SOME:
        story = play(draw(seed))
        outcome = story.outcome
        ends.update(entry.status for entry in outcome.index.entries.values())
        crashed.update(story.simulation.crashes)
        waited += bool(story.simulation.faults.recovery and story.simulation.crashes)
        repeated += len(outcome.queue.messages) > len({m["key"] for m in outcome.queue.messages})
        lost += sum(outcome.ledger.lost.values())
        withdrawn += any(m["event"] == "document-withdrawn" for m in outcome.queue.messages)

    assert set(ends) == {status for status in Status if status.ended}
    assert {"process_document", "deliver", "ocr_page", "open_ticket"} <= set(crashed)
    assert waited > 0, "what a crash interrupted came back after Azure's waits"
    assert repeated > 0, "messages were sent twice"
    assert lost > 0, "answers that were paid for got lost"
    assert withdrawn > 0, "deliveries were undone after the announcement"


def test_same_seed_tells_the_same_story(play: Play) -> None:
    def everything(seed: int) -> tuple[object, ...]:
        story = play(draw(seed))
        outcome, simulation = story.outcome, story.simulation
        histories = {name: i.texts for name, i in outcome.instances.items()}
        return histories, simulation.crashes, outcome.queue.messages, outcome.store.blobs

    assert everything(7) == everything(7)
    assert everything(7) != everything(8)


def test_nothing_is_asked_for_twice_on_a_calm_day(play: Play) -> None:
    for seed in SOME:
        outcome = play(draw(seed), calm=True).outcome

        assert broken_invariants(outcome) == [], seed
        assert set(outcome.ledger.answers.values()) <= {1}, seed
        assert len(outcome.queue.messages) == len({m["key"] for m in outcome.queue.messages}), seed
