"""Instances that are in flight while a new version is deployed go on: recordings are replayed.

At each pause of a recorded instance the code of today gets the history of then. It must accept
what was scheduled before, by the host's own rules, and schedule next what was scheduled then.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from devstack.functions_host.engine.events import Kind
from devstack.functions_host.engine.nondeterminism import NonDeterminismError
from devstack.functions_host.engine.replay import Replay, Surroundings
from devstack.testing.record_histories import SCENARIOS
from docflow.contracts import Orchestrator
from testkit.functions import orchestrator

RECORDINGS = sorted((Path(__file__).parent / "recorded").rglob("*.json"))
SCHEDULING = {Kind.TASK_SCHEDULED, Kind.SUB_ORCHESTRATION_CREATED, Kind.TIMER_CREATED}
ENDING = {Kind.EXECUTION_COMPLETED, Kind.ORCHESTRATOR_COMPLETED}

Event = dict[str, Any]

pytestmark = pytest.mark.filterwarnings("ignore:Potential duplicate")


def read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


def pauses(history: list[Event]) -> Iterator[tuple[list[Event], list[Event]]]:
    """Give, for each episode, the history that the code gets and what was scheduled then."""
    starts = [n for n, e in enumerate(history) if e["EventType"] == Kind.ORCHESTRATOR_STARTED]
    for start, following in zip(starts, [*starts[1:], len(history)], strict=True):
        episode = history[start:following]
        inputs = [e for e in episode if e["EventType"] not in SCHEDULING | ENDING]
        scheduled = [e for e in episode if e["EventType"] in SCHEDULING]
        seen = copy.deepcopy(history[:start] + inputs)
        for event in seen[start:]:
            event["IsPlayed"] = False
        yield seen, scheduled


def ask(recording: dict[str, Any], seen: list[Event]) -> tuple[dict[str, Any], Replay]:
    """Run the orchestrator of today over a history, and the host's rules over its answer."""
    context = {**recording["context"], "history": seen}
    answer = json.loads(
        orchestrator(Orchestrator(recording["orchestrator"]))(
            SimpleNamespace(body=json.dumps(context))
        )
    )
    around = Surroundings(
        instance_id=recording["instanceId"],
        execution_id=seen[1]["OrchestrationInstance"]["ExecutionId"],
        parent_instance_id=None,
        has_activity=lambda _: True,
        has_orchestrator=lambda _: True,
    )
    replay = Replay(answer["actions"][0], around)
    for event in seen:
        replay.feed(event)
    return answer, replay


def named(event: Event) -> tuple[int, int, str]:
    return event["EventId"], event["EventType"], event.get("Name") or ""


def test_every_scenario_is_recorded() -> None:
    recorded = {path.name.split("-")[0] for path in RECORDINGS}

    assert recorded == {scenario.__name__ for scenario in SCENARIOS}


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_an_instance_in_flight_goes_on_under_the_code_of_today(path: Path) -> None:
    recording = read(path)

    for seen, scheduled in pauses(recording["context"]["history"]):
        _, replay = ask(recording, seen)

        pending = [(new.id, int(new.kind), new.name) for new in replay.pending.values()]
        assert pending == [named(event) for event in scheduled]


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_an_instance_that_has_ended_then_ends_alike_today(path: Path) -> None:
    recording = read(path)
    *_, (seen, _) = pauses(recording["context"]["history"])

    answer, _ = ask(recording, seen)

    assert answer["isDone"] is (recording["runtimeStatus"] == "Completed")
    assert answer.get("output") == recording["output"]


def test_a_changed_step_is_noticed() -> None:
    recording = read(RECORDINGS[0])
    history = recording["context"]["history"]
    step = next(event for event in history if event["EventType"] == Kind.TASK_SCHEDULED)
    step["Name"] = "another_step"
    seen, _ = list(pauses(history))[-1]

    with pytest.raises(NonDeterminismError):
        ask(recording, seen)
