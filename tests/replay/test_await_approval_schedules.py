"""Random schedules of decisions, malformed events and timers against the wait for a person."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import azure.durable_functions as df
import pytest

from devstack.functions_host.simulation import Simulation
from docflow.contracts import APPROVAL_EVENT, Activity
from docflow.durable.events import EventWait
from docflow.durable.steps import Context, Reply, Steps, utc_now
from docflow.models.documents import DocumentRequest, FlowSettings, RetryPolicy
from docflow.models.payloads import Done
from docflow.models.reviews import Settlement, SettlementRequest, StoredDecision
from docflow.models.states import Stage, Status
from docflow.policy.routes import status_after
from orchestrators.await_approval import await_approval
from orchestrators.journey import Journey
from testkit.examples import DOCUMENT_ID, REQUEST

SCHEDULES = 150
"""Of each kind."""
DEADLINE_SECONDS = 3_600
SLOWEST_STEP_SECONDS = 20
FLOW = FlowSettings(
    retry=RetryPolicy(attempts=2, first_seconds=1, max_seconds=8),
    approval_timeout_seconds=DEADLINE_SECONDS,
    approval_reminder_seconds=1_300,
    approval_escalation_seconds=2_000,
)
MALFORMED: list[object] = [
    None,
    {},
    "approved",
    {"approved": "yes"},
    {"approved": True, "colour": "red"},
    {"__class__": "Path", "__module__": "pathlib", "__data__": "/"},
]


def review(context: Context) -> Steps[dict[str, Any]]:
    """Wait as `process_document` does, with a step before and a step after."""
    journey = Journey(context, DocumentRequest.load(context.get_input(expected_type=dict)))
    events = EventWait(context, APPROVAL_EVENT)
    deadline = utc_now(context) + timedelta(seconds=DEADLINE_SECONDS)
    yield from journey.index(Status.WAITING, Stage.WAITING_FOR_REVIEW, deadline=deadline)
    outcome = yield from await_approval(context, journey, events, ["urgent"], deadline)
    yield from journey.run(Activity.WRITE_RECORD, journey.facts, Done)
    return {
        "status": status_after(outcome).value,
        "reviewer": outcome.decision.reviewer if outcome.decision else None,
        "invalid": outcome.invalid_decisions,
        "deadline": deadline.isoformat(),
    }


@dataclass(slots=True)
class Decisions:
    """Plays `settle_decision`: the first candidate stands."""

    stored: StoredDecision | None = None

    def settle(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Store the candidate where nothing is stored yet."""
        self.stored = self.stored or SettlementRequest.load(payload).candidate
        return Reply(value=Settlement(stored=self.stored).dump()).dump()


def done(_payload: dict[str, Any]) -> dict[str, Any]:
    """Play any other activity."""
    return Reply(value=Done().dump()).dump()


@dataclass(frozen=True, slots=True)
class Sent:
    """An event as it was sent; `approved` is None where it is malformed."""

    at: datetime
    reviewer: str
    approved: bool | None


@dataclass(slots=True)
class Play:
    """One schedule, played from a seed on the rules of the real host."""

    seed: str
    sent: list[Sent] = field(default_factory=list)
    decisions: Decisions = field(default_factory=Decisions)
    output: dict[str, Any] = field(default_factory=dict)

    def run(self, draw: Callable[[random.Random], list[int]]) -> Play:
        """Send events at the drawn seconds and go on until nothing is left to do."""
        chance = random.Random(self.seed)
        simulation = self._simulation(chance)
        request = REQUEST.model_copy(update={"flow": FLOW})
        simulation.start("review", request.dump(), DOCUMENT_ID)
        for number, second in enumerate(sorted(draw(chance))):
            self._plan(simulation, chance, number, timedelta(seconds=second))
        simulation.run(steps=5_000)

        instance = simulation.instance(DOCUMENT_ID)
        assert (instance.status, simulation.warnings) == ("Completed", []), self.seed
        assert instance.output is not None
        self.output = json.loads(instance.output)
        return self

    @property
    def deadline(self) -> datetime:
        """When the wait ends at the latest."""
        return datetime.fromisoformat(self.output["deadline"])

    @property
    def valid(self) -> list[Sent]:
        """The decisions among the events, in the order of sending."""
        return [event for event in self.sent if event.approved is not None]

    def _simulation(self, chance: random.Random) -> Simulation:
        activities = {activity.value: done for activity in Activity}
        durations = [0, 1, SLOWEST_STEP_SECONDS]
        return Simulation(
            orchestrators={"review": df.Orchestrator.create(review)},
            activities={**activities, Activity.SETTLE_DECISION.value: self.decisions.settle},
            duration=lambda _work: timedelta(seconds=chance.choice(durations)),
        )

    def _plan(
        self, simulation: Simulation, chance: random.Random, number: int, after: timedelta
    ) -> None:
        reviewer = f"reviewer {number}"
        approved = None if chance.random() < 0.5 else chance.random() < 0.5
        body: object = {"approved": approved, "reviewer": reviewer}
        if approved is None:
            body = chance.choice(MALFORMED)
        elif chance.random() < 0.3:
            body = json.dumps(body)  # as the Python client sends it

        def send() -> None:
            if not simulation.instance(DOCUMENT_ID).ended:
                self.sent.append(Sent(simulation.now, reviewer, approved))
                simulation.raise_event(DOCUMENT_ID, APPROVAL_EVENT, body)

        simulation.after(after, send)


def apart(chance: random.Random) -> list[int]:
    """Draw moments far enough from each other and from all timers to be dealt with in peace."""
    moments = [s for s in range(0, DEADLINE_SECONDS, 50) if s % 1_300 and s > 0]
    return chance.sample(moments, chance.randint(0, 6))


def bursts(chance: random.Random) -> list[int]:
    """Draw moments close to each other, to the start, to reminders and to the deadline."""
    moments: list[int] = []
    for _ in range(chance.randint(1, 3)):
        center = chance.choice([0, 1_300, 2_600, DEADLINE_SECONDS, chance.randint(0, 4_000)])
        near = [max(0, center + chance.choice([-1, 0, 0, 1, 5, 21])) for _ in range(3)]
        moments += near[: chance.randint(1, 3)]
    return moments


@pytest.fixture(scope="module")
def burst_plays() -> list[Play]:
    return [Play(f"bursts {number}").run(bursts) for number in range(SCHEDULES)]


def expected(event: Sent | None) -> tuple[str, str | None]:
    if event is None:
        return "expired", None
    return ("published" if event.approved else "rejected"), event.reviewer


def test_the_first_valid_decision_ends_the_wait_and_else_the_deadline() -> None:
    ends = set()
    for number in range(SCHEDULES):
        play = Play(f"apart {number}").run(apart)
        first = next(iter(play.valid), None)
        malformed = [event for event in play.sent if event.approved is None]
        before = [event for event in malformed if first is None or event.at < first.at]

        assert (play.output["status"], play.output["reviewer"]) == expected(first), play.seed
        assert play.output["invalid"] == len(before), play.seed
        ends.add(play.output["status"])

    assert ends == {"published", "rejected", "expired"}


def test_no_burst_hangs_the_wait_or_decides_without_a_decision(burst_plays: list[Play]) -> None:
    for play in burst_plays:
        winner = next((e for e in play.valid if e.reviewer == play.output["reviewer"]), None)

        assert (play.output["status"], play.output["reviewer"]) == expected(winner), play.seed
        if winner is None:
            stored = play.decisions.stored
            assert stored is not None, play.seed
            assert stored.decided_at >= play.deadline, play.seed


def test_in_a_burst_too_the_first_valid_decision_counts(burst_plays: list[Play]) -> None:
    # A decision at the last moment may find the deadline settled; one before it never does.
    margin = timedelta(seconds=2 * SLOWEST_STEP_SECONDS)
    for play in burst_plays:
        in_time = [event for event in play.valid if event.at < play.deadline - margin]
        if in_time:
            first = in_time[0]
            malformed = [e for e in play.sent[: play.sent.index(first)] if e.approved is None]

            assert (play.output["status"], play.output["reviewer"]) == expected(first), play.seed
            assert play.output["invalid"] == len(malformed), play.seed
