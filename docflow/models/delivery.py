"""The end of a document: what is recorded, delivered and undone."""

from __future__ import annotations

from datetime import datetime

from docflow.models.checks import CheckResult, Route
from docflow.models.documents import DocumentRequest, Failure
from docflow.models.files import Accepted, Refused
from docflow.models.index import IndexUpdate
from docflow.models.pages import PreparedPages, Transcript
from docflow.models.payloads import Payload
from docflow.models.reviews import ReviewOutcome
from docflow.models.states import Stage, Status
from docflow.models.urgency import UrgencyDecision

MAY_BE_SCANNED = frozenset({"application/pdf"})
"""Types whose pages either have a text layer or need OCR."""


class TimelineEntry(Payload):
    """One line of the audit trail."""

    at: datetime
    event: str
    detail: str = ""


class Ticket(Payload):
    """An issue in the ticket desk."""

    key: str
    url: str


class Closing(Payload):
    """Everything the orchestration knows when a document ends; the record is built from it."""

    request: DocumentRequest
    workflow_version: str
    status: Status
    accepted: Accepted | None = None
    refused: Refused | None = None
    prepared: PreparedPages | None = None
    transcript: Transcript | None = None
    summarized: bool = False
    urgency: UrgencyDecision | None = None
    checks: list[CheckResult] = []
    route: Route | None = None
    review: ReviewOutcome | None = None
    ticket: Ticket | None = None
    error: Failure | None = None
    timeline: list[TimelineEntry] = []
    ended_at: datetime

    @property
    def document_id(self) -> str:
        """The document that ended."""
        return self.request.document_id

    @property
    def ocr_pages(self) -> int | None:
        """Pages that OCR was paid for; until that is known, those that need it."""
        if self.transcript is not None and self.transcript.ocr_pages is not None:
            return self.transcript.ocr_pages + self.transcript.wasted_pages
        return self.prepared.ocr_pages if self.prepared else None

    @property
    def ocr_pages_saved(self) -> int:
        """Pages that others would pay OCR for: read by their text layer, or read before."""
        cached = self.transcript.cached_pages if self.transcript else 0
        if self.prepared is None or self.accepted is None:
            return cached
        scans_too = self.accepted.content_type in MAY_BE_SCANNED
        return cached + (self.prepared.text_layer if scans_too else 0)

    def index_update(self) -> IndexUpdate:
        """Give what the index is told of this end."""
        decision = self.review.decision if self.review else None
        return IndexUpdate(
            request=self.request,
            status=self.status,
            stage=Stage.DONE,
            updated_at=self.ended_at,
            pages=self._pages(),
            ocr_pages=self.ocr_pages,
            ocr_pages_saved=self.ocr_pages_saved,
            urgency=self.urgency,
            route=self.route,
            decided=decision.approved if decision else None,
            ticket_key=self.ticket.key if self.ticket else None,
            error_code=self.error.code if self.error else None,
        )

    def _pages(self) -> int | None:
        if self.transcript is not None:
            return self.transcript.pages
        return self.accepted.pages if self.accepted else None


class DeliveryRequest(Payload):
    """Input of the sub-orchestration `deliver`."""

    closing: Closing
    open_ticket: bool

    @property
    def document_id(self) -> str:
        """The document that is delivered."""
        return self.closing.document_id


class QuarantineRequest(Payload):
    """Input of `quarantine_source`: the file to set aside, and why."""

    request: DocumentRequest
    refused: Refused

    @property
    def document_id(self) -> str:
        """The document that is set aside."""
        return self.request.document_id


class DeliveryResult(Payload):
    """Result of `deliver`: the ticket, or the step that failed after which all was undone."""

    ticket: Ticket | None = None
    failure: Failure | None = None
    timeline: list[TimelineEntry] = []


class CompensationRequest(Payload):
    """Input of the activities that undo a step of a delivery."""

    document_id: str
    name: str
    reason: str
    """Code of the failure that led here."""
