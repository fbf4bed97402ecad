"""The rows of the document index, made from the facts of the orchestration."""

from __future__ import annotations

from datetime import date, datetime
from typing import Self

from docflow.models.facts import DocumentFacts
from docflow.models.payloads import Payload
from docflow.models.states import Stage, Status, UrgencyLevel


class IndexEntry(Payload):
    """A row of the document index: a projection that may be older than the running instance.

    `sequence` grows from status to status, so that a late duplicate never replaces a newer row.
    """

    document_id: str
    name: str
    status: Status
    stage: Stage
    received_at: datetime
    updated_at: datetime
    sequence: int
    attempt: int = 1
    first_document_id: str | None = None
    parent: str | None = None
    """Document id of the mail that this document was attached to."""
    urgency: UrgencyLevel | None = None
    score: float | None = None
    urgency_reasons: list[str] = []
    """What decided the urgency, in plain words."""
    due: date | None = None
    """The nearest day by which the document asks something of its reader."""
    review_reasons: list[str] = []
    review_deadline: datetime | None = None
    waiting_since: datetime | None = None
    decided: bool | None = None
    """Whether the document was approved; None without a decision."""
    pages: int | None = None
    ocr_pages: int | None = None
    ocr_pages_saved: int = 0
    ticket_key: str | None = None
    error_code: str | None = None

    # Added by `update_index`: these values are read from `work` or depend on prices.
    title: str | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_calls: int = 0
    estimated_usd: float = 0
    saved_usd: float = 0

    @classmethod
    def of(cls, facts: DocumentFacts) -> Self:
        """Return the entry of a document, made from the facts of its orchestration."""
        request, urgency, route = facts.request, facts.urgency, facts.route
        decision = facts.review.decision if facts.review else None
        return cls(
            document_id=request.document_id,
            name=request.source.name,
            status=facts.status,
            stage=facts.stage,
            received_at=request.received_at,
            updated_at=facts.updated_at,
            sequence=index_sequence(facts.status, facts.stage),
            attempt=request.attempt,
            first_document_id=request.first_document_id,
            parent=request.source.parent,
            urgency=urgency.level if urgency else None,
            score=urgency.score if urgency else None,
            urgency_reasons=urgency.reasons if urgency else [],
            due=urgency.deadline if urgency else None,
            review_reasons=route.reasons if route else [],
            review_deadline=facts.review_deadline,
            waiting_since=facts.waiting_since,
            decided=decision.approved if decision else None,
            pages=facts.pages,
            ocr_pages=facts.ocr_pages,
            ocr_pages_saved=facts.ocr_pages_saved,
            ticket_key=facts.ticket.key if facts.ticket else None,
            error_code=facts.error.code if facts.error else None,
        )


def index_sequence(status: Status, stage: Stage) -> int:
    """Return the place of a status in the life of a document, for `IndexEntry.sequence`."""
    if status is Status.FAILED:
        return 4
    if status.ended:
        return 3
    if stage is Stage.DELIVERING:
        return 2
    return 1 if status is Status.WAITING else 0
