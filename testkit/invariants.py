"""The invariants: what is true for every document at its end, whatever faults occurred."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from docflow.contracts import Container, ticket_label_for
from docflow.models.documents import DocumentRequest
from docflow.models.states import Status, UrgencyLevel
from docflow.record.schema import ResultRecord
from docflow.work.artefacts import DECISION, READABLE_RECORD, RECORD
from docflow.work.folder import WorkFolder
from testkit.fakes import (
    InMemoryBlobStore,
    InMemoryIndex,
    InMemoryQueue,
    InMemoryTicketDesk,
    RecordingNotifier,
)
from testkit.faults import Ledger
from testkit.scenarios import FLOW, SECRET, Move, Scenario, Via


@dataclass(frozen=True, slots=True)
class Instance:
    """An orchestration instance at the end of a scenario."""

    name: str
    status: str
    output: Any
    texts: Sequence[str]
    """All texts that the host stored for it: history, input, output, custom status."""


@dataclass(slots=True)
class Outcome:
    """The state of all services at the end of a scenario."""

    scenario: Scenario
    requests: Sequence[DocumentRequest]
    store: InMemoryBlobStore
    index: InMemoryIndex
    tickets: InMemoryTicketDesk
    queue: InMemoryQueue
    notifier: RecordingNotifier
    ledger: Ledger
    instances: Mapping[str, Instance] = field(default_factory=dict)
    warnings: Sequence[str] = ()
    sent: Sequence[tuple[str, Move]] = ()
    """The moves that were sent to a document."""
    accepted: Mapping[str, str] = field(default_factory=dict)
    """The reviewer whose decision the app's API accepted, by document."""


def broken_invariants(outcome: Outcome) -> list[str]:
    """Return a description of each invariant that is broken."""
    found = [f"the host warns: {warning}" for warning in outcome.warnings]
    found += [f"paid for more than once: {work}" for work in outcome.ledger.paid_too_often()]
    found += _of_instances(outcome)
    found += _of_copies(outcome)
    for request in outcome.requests:
        found += [f"{request.document_id[:6]}: {text}" for text in _of_document(outcome, request)]
    return found


def _of_instances(outcome: Outcome) -> Iterator[str]:
    for identifier, instance in outcome.instances.items():
        if instance.status != "Completed":
            yield f"{instance.name} is {instance.status}: {instance.output} ({identifier})"
        if any(SECRET in text for text in instance.texts):
            yield f"text of the document is in the history of {instance.name} ({identifier})"


def _of_copies(outcome: Outcome) -> Iterator[str]:
    """Check that one of several copies is the first, and that the others name it."""
    records = [_record(outcome, request.document_id) for request in outcome.requests]
    inspected = [r for r in records if r and r.source.sha256 and r.status is not Status.QUARANTINED]
    firsts = [r.document_id for r in inspected if r.source.duplicate_of is None]
    named = {r.source.duplicate_of for r in inspected} - {None}
    if inspected and (len(firsts) != 1 or not named <= set(firsts)):
        yield f"of {len(inspected)} copies {len(firsts)} are the first; named are {len(named)}"


def _of_document(outcome: Outcome, request: DocumentRequest) -> Iterator[str]:
    record = _record(outcome, request.document_id)
    if record is None:
        yield "there is no valid record"
        return
    for check in _CHECKS:
        yield from check(outcome, record)


def _record(outcome: Outcome, document_id: str) -> ResultRecord | None:
    content = outcome.store.read(Container.RESULTS, RECORD.format(document_id=document_id))
    try:
        return None if content is None else ResultRecord.model_validate_json(content)
    except ValidationError:
        return None


def _one_end(outcome: Outcome, record: ResultRecord) -> Iterator[str]:
    identifier = record.document_id
    entry = outcome.index.get(identifier)
    instance = outcome.instances.get(identifier)
    told = {
        "record": record.status,
        "index": entry.status if entry else None,
        "output": instance.output.get("status") if instance and instance.output else None,
    }
    if len(set(told.values())) != 1:
        yield f"the ends differ: {told}"
    if record.status not in outcome.scenario.ends():
        yield f"it ends as {record.status}, not as {sorted(outcome.scenario.ends())}"
    readable = READABLE_RECORD.format(document_id=identifier)
    if outcome.store.read(Container.RESULTS, readable) is None:
        yield "there is no readable form of the record"
    moments = [line.at for line in record.timeline]
    if moments != sorted(moments):
        yield "its timeline goes back"
    if sum(line.event == "received" for line in record.timeline) != 1:
        yield "it was received more or less than once"


def _tickets(outcome: Outcome, record: ResultRecord) -> Iterator[str]:
    label = ticket_label_for(record.document_id)
    issues = [issue for issue in outcome.tickets.issues if issue.draft.label == label]
    there = [issue.ticket.key for issue in issues if not issue.cancelled]
    urgent = record.urgency is not None and record.urgency.level == UrgencyLevel.URGENT.value
    wanted = record.status is Status.PUBLISHED and urgent
    if len(there) != wanted:
        yield f"{len(there)} open issues, not {int(wanted)}"
    if len(there) < len(issues) and not _was_undone(record):
        yield "an issue was cancelled, though no delivery was undone"
    entry = outcome.index.get(record.document_id)
    keys = [record.ticket.key if record.ticket else None, entry.ticket_key if entry else None]
    if keys != [there[0] if wanted and there else None] * 2:
        yield f"record and index name the issues {keys}, open are {there}"


def _decision(outcome: Outcome, record: ResultRecord) -> Iterator[str]:
    stored = WorkFolder(outcome.store, record.document_id).read(DECISION)
    shown = record.review.decision
    if not outcome.scenario.needs_review:
        if stored or shown or record.review.required:
            yield "it was reviewed, though nobody had to"
        return
    if stored is None:
        yield "no decision is stored"
    elif stored.decision is None:
        yield from _expired(outcome, record)
    elif shown is None or (shown.approved, shown.reviewer, shown.via, shown.decided_at) != (
        stored.decision.approved,
        stored.decision.reviewer,
        stored.via,
        stored.decided_at,
    ):
        yield f"stored is {stored}, the record shows {shown}"
    else:
        yield from _decided(outcome, record, stored.decision.reviewer or "")


def _expired(outcome: Outcome, record: ResultRecord) -> Iterator[str]:
    if record.status is not Status.EXPIRED or record.review.decision:
        yield f"it expired, but is {record.status}"
    if record.document_id in outcome.accepted:
        yield "a decision that the API took was lost"
    waited = _moment(record, "review_expired") - _moment(record, "judged")
    if waited < timedelta(seconds=FLOW.approval_timeout_seconds):
        yield f"it expired after {waited}"
    moves = outcome.scenario.moves
    if outcome.scenario.apart and any(move.via is not Via.MALFORMED for move in moves):
        yield "a decision was lost, though nothing came near it"


def _decided(outcome: Outcome, record: ResultRecord, reviewer: str) -> Iterator[str]:
    valid = [
        move
        for identifier, move in outcome.sent
        if identifier == record.document_id and move.via is not Via.MALFORMED
    ]
    winner = next((move for move in valid if move.reviewer == reviewer), None)
    decision = record.review.decision
    if winner is None or decision is None or decision.approved != winner.approved:
        yield f"no reviewer sent the stored decision, by {reviewer!r}"
    if outcome.accepted.get(record.document_id, reviewer) != reviewer:
        yield f"the API took another decision than the one by {reviewer!r}"
    if outcome.scenario.apart and winner is not valid[0]:
        yield f"the decision by {reviewer!r} was not the first"
    if decision and record.status not in (
        {Status.PUBLISHED, Status.FAILED} if decision.approved else {Status.REJECTED}
    ):
        yield f"approved is {decision.approved}, but it ends as {record.status}"


def _told(outcome: Outcome, record: ResultRecord) -> Iterator[str]:
    """Check that the last message and notification are about the end; repeated keys are ignored."""
    identifier, status = record.document_id, record.status
    messages = [(m["key"], m) for m in outcome.queue.messages if m["documentId"] == identifier]
    notes = [(n.key, n.body) for n in outcome.notifier.sent if n.body["documentId"] == identifier]
    for what, told in (("message", messages), ("notification", notes)):
        yield from _keys(told, what)
        ends = [body["status"] for body in _news(told) if "status" in body]
        if not ends or ends[-1] != status:
            yield f"the last {what} does not tell of the end, but of {ends}"

    news = _news(messages)
    published = [body.get("status") == Status.PUBLISHED for body in news]
    if status is not Status.PUBLISHED and any(published):
        later = news[published.index(True) :]
        if not any(body["event"] == "document-withdrawn" for body in later):
            yield "it was announced as published and never withdrawn"
        if not _was_undone(record):
            yield "it was announced as published without a delivery"


def _news(told: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Mapping[str, Any]]:
    """Return the first body of each key."""
    first: dict[str, Mapping[str, Any]] = {}
    for key, body in told:
        first.setdefault(key, body)
    return list(first.values())


def _keys(told: Sequence[tuple[str, Mapping[str, Any]]], what: str) -> Iterator[str]:
    bodies: dict[str, set[str]] = {}
    for key, body in told:
        bodies.setdefault(key, set()).add(json.dumps(body, sort_keys=True))
    ends = Counter(str(body.get("status")) for _, body in dict(told).items())
    for key, different in bodies.items():
        if len(different) > 1:
            yield f"one key, but {len(different)} different {what}s: {key}"
    for status, keys in ends.items():
        if status != "None" and keys > 1:
            yield f"{keys} keys of a {what} for the one end {status}"


def _set_aside(outcome: Outcome, record: ResultRecord) -> Iterator[str]:
    names = list(outcome.store.list(Container.QUARANTINE, f"{record.document_id}/"))
    wanted = 2 if record.status is Status.QUARANTINED else 0
    if len(names) != wanted:
        yield f"{len(names)} blobs are in quarantine, not {wanted}"


def _paid(outcome: Outcome, record: ResultRecord) -> Iterator[str]:
    recognized = sum(page.method == "ocr" for page in record.pages)
    if record.cost.ocr_pages < recognized:
        yield f"{recognized} pages went through OCR, the record bills {record.cost.ocr_pages}"


_CHECKS: tuple[Callable[[Outcome, ResultRecord], Iterator[str]], ...] = (
    _one_end,
    _tickets,
    _decision,
    _told,
    _set_aside,
    _paid,
)


def _was_undone(record: ResultRecord) -> bool:
    return any(line.event == "delivery_failed" for line in record.timeline)


def _moment(record: ResultRecord, event: str) -> Any:  # noqa: ANN401 - a moment, which must be there
    return next(line.at for line in record.timeline if line.event == event)
