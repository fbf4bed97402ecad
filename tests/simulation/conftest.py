"""Plays stories of documents: with all that is registered, on a simulated host."""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import azure.functions as func
import pytest

from devstack.functions_host.hub.client import ClientError
from devstack.functions_host.hub.recovery import RecoveryTimes
from devstack.functions_host.simulation import (
    EPOCH,
    EndlessSimulationError,
    Faults,
    HostCrash,
    Simulation,
)
from docflow.clients import Clients
from docflow.contracts import APPROVAL_EVENT, Container, Orchestrator
from docflow.errors import DocflowError
from docflow.models.documents import DocumentRequest, Source
from docflow.ports import TicketDesk
from docflow.work import artefacts
from docflow.work.folder import WorkFolder
from testkit import orchestrations
from testkit.faults import Ledger, Trouble, unreliable
from testkit.functions import Function, registered_activities, registered_orchestrators
from testkit.invariants import Instance, Outcome
from testkit.scenarios import FLOW, Move, Scenario, Via, broken_steps, clients_for
from triggers.intake import first_attempt
from triggers.reviews import decide_review

Play = Callable[..., "Story"]

MOST_STEPS = 2_000


@dataclass(slots=True)
class SimulationClock:
    """The clock of the simulated host."""

    simulation: Simulation | None = None

    def now(self) -> datetime:
        """Give the virtual time."""
        return self.simulation.now if self.simulation else EPOCH


@dataclass(slots=True)
class SimulatedClient:
    """The durable client of the app, on the simulated host."""

    simulation: Simulation
    loses_events: bool

    async def get_status(
        self, instance_id: str, show_history: bool = False
    ) -> orchestrations.Instance:
        """Describe an instance."""
        instance = self.simulation.store.instance(instance_id)
        if instance is None:
            return orchestrations.Instance()
        shown = json.loads(instance.custom_status) if instance.custom_status else None
        return orchestrations.Instance(instance.status, shown)

    async def start_new(
        self, orchestration_function_name: str, instance_id: str, client_input: Any
    ) -> str:
        """Start an instance."""
        return self.simulation.start(orchestration_function_name, client_input, instance_id)

    async def raise_event(self, instance_id: str, event_name: str, event_data: Any) -> None:
        """Send an event as the Python client does: JSON inside a JSON string."""
        if self.loses_events:
            raise ConnectionError("the event got lost")
        self.simulation.raise_event(instance_id, event_name, json.dumps(event_data))


@dataclass(slots=True)
class Story:
    """One scenario, played to its end."""

    scenario: Scenario
    simulation: Simulation
    outcome: Outcome
    clients: Clients
    sent: list[tuple[str, Move]] = field(default_factory=list)
    accepted: dict[str, str] = field(default_factory=dict)

    def run(self) -> Outcome:
        """Start the documents, let people make their moves, and go on until all is quiet."""
        for request in self.outcome.requests:
            self.simulation.start(
                Orchestrator.PROCESS_DOCUMENT, request.dump(), request.document_id
            )
            for move in self.scenario.moves:
                self._plan(request.document_id, move)
        try:
            self.simulation.run(steps=MOST_STEPS)
        except EndlessSimulationError as error:
            self.simulation.warnings.append(str(error))
        self.outcome.instances = {
            instance.instance_id: Instance(
                instance.name,
                instance.status,
                json.loads(instance.output or "null"),
                [
                    *(line.text for line in instance.history),
                    *filter(None, (instance.input, instance.output, instance.custom_status)),
                ],
            )
            for instance in self.simulation.store.instances.values()
        }
        self.outcome.warnings = self.simulation.warnings
        self.outcome.sent, self.outcome.accepted = self.sent, self.accepted
        return self.outcome

    def _plan(self, document_id: str, move: Move) -> None:
        act = self._by_event if move.via in {Via.EVENT, Via.MALFORMED} else self._by_api
        self.simulation.after(move.after, lambda: act(document_id, move))

    def _by_event(self, document_id: str, move: Move) -> None:
        body = {"approved": move.approved, "reviewer": move.reviewer}
        try:
            self.simulation.raise_event(
                document_id, APPROVAL_EVENT, move.body if move.via is Via.MALFORMED else body
            )
        except ClientError:
            return  # The document has ended.
        self.sent.append((document_id, move))

    def _by_api(self, document_id: str, move: Move) -> None:
        body = {"approved": move.approved, "reviewer": move.reviewer}
        request = func.HttpRequest(
            method="POST",
            url=f"http://localhost/api/reviews/{document_id}",
            route_params={"id": document_id},
            body=json.dumps(body).encode(),
        )
        client = SimulatedClient(self.simulation, move.via is Via.LOST_EVENT)
        try:
            asyncio.run(decide_review(request, clients=self.clients, client=client))
        except DocflowError:
            stands = WorkFolder(self.clients.store, document_id).read(artefacts.DECISION)
            if stands is None or stands.decision is None:
                return  # It was refused: too early, or too late.
            if stands.decision.reviewer != move.reviewer:
                return  # Another one came first.
        self.sent.append((document_id, move))
        self.accepted[document_id] = move.reviewer


@pytest.fixture(scope="session", autouse=True)
def _quick_replays() -> Iterator[None]:
    """Spare the SDK most of its work: it parses all timestamps of a history on each replay."""
    gc.freeze()  # What is loaded by now stays: a tenth of the time went into looking at it again.
    with pytest.MonkeyPatch.context() as patch:
        module = importlib.import_module("azure.durable_functions.models.history.HistoryEvent")
        patch.setattr(module, "dt_parse", lru_cache(maxsize=100_000)(module.dt_parse))
        yield
    gc.unfreeze()


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Play:
    """Play a scenario; `outcome` of what is given back tells how it ended."""

    def begin(
        scenario: Scenario,
        *,
        calm: bool = False,
        tickets: TicketDesk | None = None,
        steps: Mapping[str, Function] | None = None,
    ) -> Story:
        replaced = steps or {}
        clock = SimulationClock()
        clients = clients_for(scenario, clock, tickets=tickets)
        chance = random.Random(f"trouble {scenario.seed}")
        ledger = Ledger()
        trouble = Trouble() if calm else _trouble(scenario, chance)
        shaky = unreliable(clients, trouble, chance, ledger, broken_steps(scenario))
        monkeypatch.setattr("activities.current_clients", lambda: shaky)
        clock.simulation = simulation = Simulation(
            registered_orchestrators(),
            {
                name: _noted(name, replaced.get(name, body), ledger)
                for name, body in registered_activities().items()
            },
            seed=scenario.seed,
            faults=Faults() if calm else replace(_faults(chance), recovery=_recovery(scenario)),
        )
        story = Story(scenario, simulation, _outcome(scenario, clients, ledger), clients)
        story.run()
        return story

    return begin


def _noted(name: str, body: Callable[[Any], Any], ledger: Ledger) -> Callable[[Any], Any]:
    def run(payload: Mapping[str, Any]) -> Any:
        ledger.begin(name, payload)
        return body(payload)

    return run


def _outcome(scenario: Scenario, clients: Clients, ledger: Ledger) -> Outcome:
    requests = [_upload(clients, f"letter {number}.pdf") for number in range(scenario.copies)]
    known: Any = clients
    return Outcome(
        scenario=scenario,
        requests=requests,
        store=known.store,
        index=known.index,
        tickets=known.tickets,
        queue=known.queue,
        notifier=known.notifier,
        ledger=ledger,
    )


def _upload(clients: Clients, name: str) -> DocumentRequest:
    content = b"the same bytes"
    etag = clients.store.write(Container.INCOMING, name, content, content_type="application/pdf")
    source = Source(
        container=Container.INCOMING,
        name=name,
        etag=etag,
        bytes=len(content),
        content_type="application/pdf",
    )
    return first_attempt(source, received_at=clients.clock.now(), via="blob", flow=FLOW)


def _trouble(scenario: Scenario, chance: random.Random) -> Trouble:
    """Draw how reliable the services and the process are in this story."""
    return Trouble(
        fails=chance.choice([0, 0.01, 0.03]),
        loses_answer=chance.choice([0, 0.01, 0.03]),
        crash=HostCrash,
        crashes=chance.choice([0, 0.01, 0.05]),
        loses_first_answer_of=frozenset({"tickets.open"} if scenario.desk_loses_answer else ()),
    )


def _faults(chance: random.Random) -> Faults:
    return Faults(
        episode_crash=chance.choice([0, 0.05, 0.2]),
        activity_crash=chance.choice([0, 0.05, 0.2]),
        duplicate=chance.choice([0, 0.2]),
        activity_failure=chance.choice([0, 0, 0.03]),
        activity_repeat=chance.choice([0, 0, 0.1]),
        message_delay=timedelta(seconds=chance.choice([0, 1, 20])),
        activity_time=timedelta(seconds=chance.choice([0, 5, 60])),
    )


def _recovery(scenario: Scenario) -> RecoveryTimes | None:
    """Draw whether what a crash interrupted is there again after Azure's waits, or at once."""
    chance = random.Random(f"recovery {scenario.seed}")
    return chance.choice([None, None, RecoveryTimes()])
