"""The steps of the product: its own orchestrators and activities, on fakes of storage.

Each document is played to its end on a simulated host, whose clock stands at the day of receipt.
What is measured is read from the record that the product writes, so that a change of the steps
changes nothing here.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from threading import Lock
from typing import Any
from unittest.mock import patch

from devstack.functions_host.simulation import Simulation
from docflow.clients import Clients
from docflow.contracts import Container, Orchestrator
from docflow.errors import TransientError, WastedAnswerError
from docflow.ports import AnswerT, LanguageModel, ModelBlocked, ModelReply, Prompt
from docflow.settings import Settings
from docflow.work.artefacts import RECORD
from evals.labelled import LabelledDocument
from evals.outcome import Outcome, Statement, Usage
from testkit.fakes import FakeFileParser, fake_clients
from testkit.functions import registered_activities, registered_orchestrators
from triggers.intake import request_for_upload

TYPE = "application/pdf"
"""Content type of the documents; their pages have a text layer."""
RECEIVED_AT = 9
"""Hour in UTC at which documents are received."""
BUSY_PAUSES = (1.0, 4.0, 15.0, 60.0)
"""Seconds before a busy model is asked again, where it does not say how long."""

_clients: ContextVar[Clients] = ContextVar("clients")
"""The clients of the document that this thread plays."""


class PatientModel:
    """A model that is asked again after a real pause where it is busy.

    The flow retries too, but its pauses pass in virtual time: a busy endpoint would be asked
    again at once, and every document would fail.
    """

    def __init__(
        self, inner: LanguageModel, *, pause: Callable[[float], object] = time.sleep
    ) -> None:
        self._inner = inner
        self._pause = pause

    def answer(
        self, prompt: Prompt, data: dict[str, Any], schema: type[AnswerT], *, max_tokens: int
    ) -> ModelReply[AnswerT] | ModelBlocked:
        """Ask the model, and again as long as it is busy, at most `BUSY_PAUSES` more times."""
        for seconds in BUSY_PAUSES:
            try:
                return self._inner.answer(prompt, data, schema, max_tokens=max_tokens)
            except WastedAnswerError:
                raise
            except TransientError as error:
                self._pause(error.retry_after_seconds or seconds)
        return self._inner.answer(prompt, data, schema, max_tokens=max_tokens)

    def check(self) -> None:
        """Check the model."""
        self._inner.check()


class CountedModel:
    """A model whose calls are counted, also those without a usable answer."""

    def __init__(self, inner: LanguageModel) -> None:
        self._inner = inner
        self._counted = Lock()
        self.usage = Usage()

    def answer(
        self, prompt: Prompt, data: dict[str, Any], schema: type[AnswerT], *, max_tokens: int
    ) -> ModelReply[AnswerT] | ModelBlocked:
        """Ask the model and count the call."""
        try:
            reply = self._inner.answer(prompt, data, schema, max_tokens=max_tokens)
        except WastedAnswerError as error:
            self._count(error, schema_failures=1)
            raise
        self._count(reply, blocked=int(isinstance(reply, ModelBlocked)))
        return reply

    def check(self) -> None:
        """Check the model."""
        self._inner.check()

    def _count(
        self, cost: WastedAnswerError | ModelReply[Any] | ModelBlocked, **outcome: int
    ) -> None:
        call = Usage(
            calls=1,
            prompt_tokens=cost.prompt_tokens,
            completion_tokens=cost.completion_tokens,
            **outcome,
        )
        with self._counted:
            self.usage = self.usage.plus(call)


@dataclass(slots=True)
class _VirtualClock:
    """The clock of the simulated host."""

    start: datetime
    simulation: Simulation | None = field(default=None)

    def now(self) -> datetime:
        """Return the virtual time."""
        return self.start if self.simulation is None else self.simulation.now


@dataclass(frozen=True, slots=True)
class ProductSteps:
    """Judges documents as the product does, with one model and its settings."""

    model: LanguageModel
    settings: Settings

    def __call__(self, document: LabelledDocument) -> Outcome:
        """Play a document to its end and return what its record says."""
        day = document.received
        clock = _VirtualClock(datetime(day.year, day.month, day.day, RECEIVED_AT, tzinfo=UTC))
        model = CountedModel(self.model)
        clients = fake_clients(
            settings=self.settings,
            model=model,
            clock=clock,
            parser=FakeFileParser(document.pages, content_type=TYPE),
        )
        record = _play(document, clients, clock)
        prices = self.settings.prices().of(
            ocr_pages=0,
            prompt_tokens=model.usage.prompt_tokens,
            completion_tokens=model.usage.completion_tokens,
        )
        return outcome_of(record, model.usage.model_copy(update={"usd": prices}))


@contextmanager
def activities_find_clients() -> Iterator[None]:
    """Let registered activities find the clients of the document that their thread plays."""
    with patch("activities.current_clients", _clients.get):
        yield


def _play(document: LabelledDocument, clients: Clients, clock: _VirtualClock) -> dict[str, Any]:
    """Run the orchestration of a document and return its record.

    A document that waits for a person waits for as long as the settings say, in virtual time, and
    expires.
    """
    name = f"{document.id}.pdf"
    content = document.text.encode()
    clients.store.write(Container.INCOMING, name, content, content_type=TYPE)
    properties = clients.store.properties(Container.INCOMING, name)
    assert properties is not None
    request = request_for_upload(properties, clients)
    simulation = Simulation(
        registered_orchestrators(), registered_activities(), now=clients.clock.now()
    )
    clock.simulation = simulation
    token = _clients.set(clients)
    try:
        simulation.start(Orchestrator.PROCESS_DOCUMENT, request.dump(), request.document_id)
        simulation.run()
    finally:
        _clients.reset(token)
    record = clients.store.read(Container.RESULTS, RECORD.format(document_id=request.document_id))
    if record is None:
        ended = simulation.instance(request.document_id)
        raise RuntimeError(f"{document.id} has no record: {ended.status}, {ended.output}")
    value: dict[str, Any] = json.loads(record)
    return value


def outcome_of(record: dict[str, Any], usage: Usage) -> Outcome:
    """Return what a result record says about a document."""
    urgency = record["urgency"] or {"level": None, "score": 0, "reasons": [], "signals": []}
    review = [str(reason) for reason in record["review"]["reasons"]]
    summary = record["summary"] or {"title": "", "bullets": []}
    reasons = [*urgency["reasons"], *map(_named, urgency["signals"]), *review]
    return Outcome(
        level=urgency["level"],
        score=urgency["score"],
        raised=urgency["level"] == "urgent" or any(map(is_about_urgency, review)),
        reasons=tuple(dict.fromkeys(reasons)),
        due=tuple(_due_dates(record)),
        title=summary["title"],
        summary=tuple(
            Statement(
                text=each["text"],
                page=each["page"],
                quote=each["quote"],
                grounded=each["grounded"],
            )
            for each in summary["bullets"]
        ),
        status=record["status"],
        usage=usage,
    )


def is_about_urgency(reason: str) -> bool:
    """Return whether a reason for a review is the urgency of the document, or doubt about it."""
    return reason in {"urgent", "language-without-rules"} or reason.startswith("urgency")


def _named(signal: object) -> str:
    """Return the name of a signal, which may be a value with more than a name."""
    return str(signal["name"]) if isinstance(signal, dict) and "name" in signal else str(signal)


def _due_dates(record: dict[str, Any]) -> Iterator[date]:
    values = [action["dueDate"] for action in record["actions"] or []]
    deadline = (record["urgency"] or {}).get("deadline")
    values.append(deadline.get("date") if isinstance(deadline, dict) else deadline)
    for value in dict.fromkeys(values):
        if value:
            yield date.fromisoformat(value)
