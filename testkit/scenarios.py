"""Random scenarios from a seed: the document, what people do, and which faults occur."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from docflow.clients import Clients
from docflow.contracts import Container
from docflow.errors import ErrorCode, PermanentError, TransientError
from docflow.models.documents import FlowSettings, RetryPolicy
from docflow.models.index import IndexEntry
from docflow.models.outputs import BulletAnswer, SummaryAnswer, UrgencyAnswer
from docflow.models.states import Status, UrgencyLevel
from docflow.ports import Clock, FileRefusal, ModelBlocked, TicketDesk
from testkit.fakes import (
    FakeFileParser,
    InMemoryTicketDesk,
    ModelTurn,
    OcrTurn,
    ScriptedModel,
    ScriptedOcr,
    fake_clients,
)
from testkit.faults import Rule

SECRET = "Quagga"  # noqa: S105 - not a password
"""A word in every text of a document and in every answer of the model."""

FLOW = FlowSettings(
    retry=RetryPolicy(attempts=12, first_seconds=1, max_seconds=30),
    pages_per_range=2,
    summary_part_characters=300,
    approval_timeout_seconds=72 * 3_600,
    approval_reminder_seconds=36 * 3_600,
    approval_escalation_seconds=48 * 3_600,
)


class Paper(StrEnum):
    """The kinds of documents."""

    TEXT = "text"
    SCANS = "scans, read in two ranges"
    PARTS = "too long for one summary"
    REFUSED = "refused by the parser"
    BLANK = "blank"


class Mishap(StrEnum):
    """The permanent faults of OCR and the model."""

    NONE = "none"
    PAGE_REJECTED = "OCR rejects a page"
    OCR_AWAY = "OCR is down"
    MODEL_MALFORMED = "the model answers outside the schema"
    MODEL_BLOCKED = "the model refuses"


class Broken(StrEnum):
    """The step of a delivery that fails permanently."""

    NOTHING = "nothing"
    TICKET = "open_ticket"
    RECORD = "write_record"
    INDEX = "update_index"
    ANNOUNCEMENT = "announce_document"
    NOTIFICATION = "notify_webhook"


class Via(StrEnum):
    """The ways in which a decision is sent."""

    EVENT = "event"
    API = "API"
    LOST_EVENT = "API, whose event gets lost"
    MALFORMED = "malformed event"


@dataclass(frozen=True, slots=True)
class Move:
    """A decision that a person sends."""

    after: timedelta
    """Time since the upload."""
    via: Via
    approved: bool
    reviewer: str
    body: Any = None
    """The body of a malformed event."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario; it depends only on its seed."""

    seed: int
    paper: Paper
    mishap: Mishap
    urgent: bool
    broken: Broken
    desk_loses_answer: bool
    """Whether the ticket desk opens the issue, but its first answer is lost."""
    copies: int
    """Number of uploads with the same bytes."""
    moves: tuple[Move, ...]
    apart: bool
    """Whether no move is near another move or a timer, so that their order is certain."""
    desk_lag_seconds: int = 0
    """Time until the search of the ticket desk shows a new issue."""

    @property
    def needs_review(self) -> bool:
        """Return whether the document needs a review."""
        return self.understood and (self.urgent or self.mishap is Mishap.PAGE_REJECTED)

    @property
    def understood(self) -> bool:
        """Return whether the document is read and summarized without a permanent fault."""
        return self.paper not in {Paper.REFUSED, Paper.BLANK} and self.mishap in {
            Mishap.NONE,
            Mishap.PAGE_REJECTED,
        }

    def ends(self) -> set[Status]:
        """Return the possible ends of the document."""
        if self.paper in {Paper.REFUSED, Paper.BLANK}:
            return {Status.QUARANTINED}
        if not self.understood:
            return {Status.FAILED}
        published = Status.FAILED if self._delivery_fails() else Status.PUBLISHED
        if not self.needs_review:
            return {published}
        valid = [move for move in self.moves if move.via is not Via.MALFORMED]
        if self.apart:
            valid = valid[:1]
        ends = {published if move.approved else Status.REJECTED for move in valid}
        return ends if self.apart and ends else {*ends, Status.EXPIRED}

    def _delivery_fails(self) -> bool:
        if self.broken is Broken.TICKET:
            return self.urgent
        return self.broken is not Broken.NOTHING


MALFORMED: tuple[Any, ...] = (
    None,
    {},
    "approved",
    {"approved": "yes"},
    {"approved": True, "colour": "red"},
    {"__class__": "Path", "__module__": "pathlib", "__data__": "/"},
)


def draw(seed: int) -> Scenario:
    """Return the scenario of a seed."""
    chance = random.Random(f"scenario {seed}")  # noqa: S311 - a scenario, not a secret
    paper = _weighted(
        chance,
        {Paper.TEXT: 9, Paper.SCANS: 4, Paper.PARTS: 2, Paper.REFUSED: 1, Paper.BLANK: 1},
    )
    mishap = Mishap.NONE
    if chance.random() < 0.2:
        mishap = chance.choice(_mishaps_of(paper))
    apart = chance.random() < 0.5
    return Scenario(
        seed=seed,
        paper=paper,
        mishap=mishap,
        urgent=chance.random() < 0.6,
        broken=chance.choice(list(Broken)) if chance.random() < 0.3 else Broken.NOTHING,
        desk_loses_answer=chance.random() < 0.15,
        copies=2 if chance.random() < 0.06 else 1,
        moves=tuple(_moves_apart(chance) if apart else _moves_at_once(chance)),
        apart=apart,
        desk_lag_seconds=_lag(seed),
    )


def _lag(seed: int) -> int:
    chance = random.Random(f"lag {seed}")  # noqa: S311 - a scenario, not a secret
    return chance.choice([0, 0, 10, 240])


def _weighted(chance: random.Random, weights: Mapping[Paper, int]) -> Paper:
    return chance.choices(list(weights), list(weights.values()))[0]


def _mishaps_of(paper: Paper) -> list[Mishap]:
    if paper is Paper.SCANS:
        return [Mishap.PAGE_REJECTED, Mishap.OCR_AWAY]
    return [Mishap.MODEL_MALFORMED, Mishap.MODEL_BLOCKED]


def _moves_apart(chance: random.Random) -> list[Move]:
    """Return moves at hours without a timer."""
    hours = sorted(
        chance.sample([4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 56, 64], chance.randint(0, 3))
    )
    return [_move(chance, number, timedelta(hours=hour)) for number, hour in enumerate(hours)]


def _moves_at_once(chance: random.Random) -> list[Move]:
    """Return moves near each other, and near the start, a reminder or the deadline."""
    moments: list[timedelta] = []
    for _ in range(chance.randint(1, 2)):
        center = timedelta(hours=chance.choice([0, 6, 36, 72]))
        near = [center + timedelta(seconds=chance.choice([0, 0, 1, 30, 90])) for _ in range(3)]
        moments += near[: chance.randint(1, 3)]
    return [_move(chance, number, moment) for number, moment in enumerate(sorted(moments))]


def _move(chance: random.Random, number: int, after: timedelta) -> Move:
    via = chance.choice([Via.EVENT, Via.EVENT, Via.API, Via.API, Via.LOST_EVENT, Via.MALFORMED])
    return Move(
        after=after,
        via=via,
        approved=chance.random() < 0.6,
        reviewer=f"reviewer {number}",
        body=chance.choice(MALFORMED) if via is Via.MALFORMED else None,
    )


# The services of a scenario.


def clients_for(scenario: Scenario, clock: Clock, *, tickets: TicketDesk | None = None) -> Clients:
    """Return the services of a scenario, all in memory."""
    return fake_clients(
        clock=clock,
        parser=_parser(scenario),
        ocr=_ocr(scenario),
        model=_model(scenario),
        tickets=tickets or desk_for(scenario, clock),
    )


def desk_for(scenario: Scenario, clock: Clock) -> InMemoryTicketDesk:
    """Return the ticket desk of a scenario."""
    return InMemoryTicketDesk(clock=clock, lag_seconds=scenario.desk_lag_seconds)


def broken_steps(scenario: Scenario) -> dict[str, Rule]:
    """Return the rules that make the delivery of a scenario fail, by port."""
    return _RULES.get(scenario.broken, {})


def _parser(scenario: Scenario) -> FakeFileParser:
    text = f"{SECRET}s graze on the plain of page"
    pages: dict[Paper, list[str | None]] = {
        Paper.TEXT: [f"{text} one.", ""],
        Paper.SCANS: [f"{text} one.", None, None, None],
        Paper.PARTS: [f"{text} {number}. {'They graze on. ' * 12}" for number in (1, 2)],
        Paper.BLANK: ["", ""],
        Paper.REFUSED: [],
    }
    refusal = FileRefusal(ErrorCode.DAMAGED, "Something is missing.", "application/pdf")
    return FakeFileParser(
        pages[scenario.paper], refusal=refusal if scenario.paper is Paper.REFUSED else None
    )


def _ocr(scenario: Scenario) -> ScriptedOcr:
    away = TransientError(ErrorCode.OCR_UNAVAILABLE, "OCR is down.", retry_after_seconds=20)
    script: dict[int, OcrTurn] = {}
    if scenario.mishap is Mishap.PAGE_REJECTED:
        script = {3: PermanentError(ErrorCode.OCR_PAGE_REJECTED, "It cannot be read.")}
    elif scenario.mishap is Mishap.OCR_AWAY:
        script = {2: away, 3: away, 4: away}
    return ScriptedOcr(script, default=f"A {SECRET} on a scanned page.")


def _model(scenario: Scenario) -> ScriptedModel:
    level = UrgencyLevel.URGENT if scenario.urgent else UrgencyLevel.NORMAL
    urgency = UrgencyAnswer(
        level=level, score=0.9 if scenario.urgent else 0.1, reasons=[f"The {SECRET} says so."]
    )
    return ScriptedModel(
        {
            "summarize": _summarizer(scenario.mishap),
            "combine": _summary(page=1, quote=f"{SECRET}s graze on the plain"),
            "judge_urgency": urgency,
        }
    )


def _summarizer(mishap: Mishap) -> Callable[[dict[str, Any]], ModelTurn]:
    def answer(data: dict[str, Any]) -> ModelTurn:
        if mishap is Mishap.MODEL_MALFORMED:
            return TransientError(
                ErrorCode.MODEL_ANSWER_INVALID, "The answer did not match the schema."
            )
        if mishap is Mishap.MODEL_BLOCKED:
            return ModelBlocked(ErrorCode.CONTENT_FILTERED, "The content filter stopped it.")
        page = data["document"]["pages"][0]
        return _summary(page["page"], page["text"][:30])

    return answer


def _summary(page: int, quote: str) -> SummaryAnswer:
    return SummaryAnswer(
        title=f"Of the {SECRET}",
        language="en",
        document_type="letter",
        bullets=[BulletAnswer(text=f"There is a {SECRET}.", page=page, quote=quote)],
        entities=[],
        actions=[],
        draft_reply=f"Thank you for the {SECRET}.",
    )


# Permanent faults.


def _refuse_opening(method: str, _args: Sequence[object]) -> None:
    if method == "open":
        raise PermanentError(ErrorCode.TICKET_REJECTED, "The desk does not take the issue.")


def _refuse_record(method: str, args: Sequence[object]) -> None:
    if method == "write" and args[0] == Container.RESULTS and str(args[1]).endswith(".json"):
        content = args[2]
        assert isinstance(content, bytes)
        if json.loads(content)["status"] == Status.PUBLISHED:
            raise TransientError(ErrorCode.STORAGE_UNAVAILABLE, "The store is down.")


def _refuse_entry(_method: str, args: Sequence[object]) -> None:
    entry = args[0]
    if isinstance(entry, IndexEntry) and entry.status is Status.PUBLISHED:
        raise PermanentError(ErrorCode.STORAGE_REJECTED, "The index does not take the row.")


def _refuse_message(_method: str, args: Sequence[object]) -> None:
    message = args[0]
    if isinstance(message, dict) and message.get("status") == Status.PUBLISHED:
        raise TransientError(ErrorCode.STORAGE_UNAVAILABLE, "The queue is down.")


def _refuse_notification(_method: str, args: Sequence[object]) -> None:
    if args[0] == f"document.{Status.PUBLISHED}":
        raise PermanentError(ErrorCode.WEBHOOK_REJECTED, "The receiver does not take it.")


_RULES: dict[Broken, dict[str, Rule]] = {
    Broken.TICKET: {"tickets": _refuse_opening},
    Broken.RECORD: {"store": _refuse_record},
    Broken.INDEX: {"index": _refuse_entry},
    Broken.ANNOUNCEMENT: {"queue": _refuse_message},
    Broken.NOTIFICATION: {"notifier": _refuse_notification},
}
