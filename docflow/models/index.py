"""The document index: what it is told, and its rows."""

from __future__ import annotations

from datetime import datetime

from docflow.models.checks import Route
from docflow.models.documents import DocumentRequest
from docflow.models.payloads import Payload
from docflow.models.states import Stage, Status, UrgencyLevel
from docflow.models.urgency import UrgencyDecision


class IndexUpdate(Payload):
    """Input of `update_index`: where the document stands, by what the orchestration knows."""

    request: DocumentRequest
    status: Status
    stage: Stage
    updated_at: datetime
    pages: int | None = None
    ocr_pages: int | None = None
    ocr_pages_saved: int = 0
    urgency: UrgencyDecision | None = None
    route: Route | None = None
    review_deadline: datetime | None = None
    waiting_since: datetime | None = None
    decided: bool | None = None
    ticket_key: str | None = None
    error_code: str | None = None

    @property
    def document_id(self) -> str:
        """The document that the update is about."""
        return self.request.document_id


class IndexEntry(Payload):
    """A row of the document index; a projection, never the truth about a running instance.

    `sequence` grows along one document's life: a late duplicate write never overwrites a newer one.
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
    urgency: UrgencyLevel | None = None
    score: float | None = None
    review_reasons: list[str] = []
    review_deadline: datetime | None = None
    waiting_since: datetime | None = None
    decided: bool | None = None
    """The decision, once there is one."""
    pages: int | None = None
    ocr_pages: int | None = None
    ocr_pages_saved: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_calls: int = 0
    estimated_usd: float = 0
    saved_usd: float = 0
    ticket_key: str | None = None
    error_code: str | None = None
    title: str | None = None
    parent: str | None = None
    """The mail that this document was attached to."""


def index_sequence(status: Status, stage: Stage) -> int:
    """Order the index entries of one document: a late duplicate never replaces a newer one."""
    if status is Status.FAILED:
        return 4
    if status.ended:
        return 3
    if stage is Stage.DELIVERING:
        return 2
    return 1 if status is Status.WAITING else 0
