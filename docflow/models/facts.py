"""What an orchestration knows about its document so far."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import AliasChoices, Field

from docflow.models.checks import CheckResult, Route
from docflow.models.documents import DocumentRequest, Failure
from docflow.models.files import Accepted, Refused
from docflow.models.pages import PreparedPages, Transcript
from docflow.models.payloads import Payload
from docflow.models.reviews import ReviewOutcome
from docflow.models.states import Stage, Status
from docflow.models.urgency import UrgencyDecision

TYPES_THAT_MAY_BE_SCANS = frozenset({"application/pdf"})
"""File types whose pages either have a text layer or need OCR."""


class TimelineEntry(Payload):
    """One event in the life of the document."""

    at: datetime
    event: str
    detail: str = ""


class Ticket(Payload):
    """An issue in the ticket desk."""

    key: str
    url: str


class DocumentFacts(Payload):
    """All facts that the orchestration knows about its document.

    The index entry, the record and the messages to other systems are made from them.
    """

    request: DocumentRequest
    workflow_version: str
    status: Status = Status.PROCESSING
    stage: Stage = Stage.RECEIVED
    updated_at: datetime = Field(validation_alias=AliasChoices("updated_at", "ended_at"))
    """When the status last changed; after the end of the document, the time of the end. Histories
    of version 1 name it `ended_at`."""
    accepted: Accepted | None = None
    refused: Refused | None = None
    attachments_left_out: int | None = None
    """Number of files attached to attached mails that became no documents, if there are any."""
    prepared: PreparedPages | None = None
    transcript: Transcript | None = None
    urgency: UrgencyDecision | None = None
    checks: list[CheckResult] = []
    route: Route | None = None
    waiting_since: datetime | None = None
    review_deadline: datetime | None = None
    """This and `waiting_since` are set only while the document waits for a review."""
    review: ReviewOutcome | None = None
    ticket: Ticket | None = None
    error: Failure | None = None
    timeline: list[TimelineEntry] = []

    @classmethod
    def at_first(cls, request: DocumentRequest, workflow_version: str) -> Self:
        """Return the facts about a document that was just received."""
        received = TimelineEntry(at=request.received_at, event="received", detail=request.via)
        return cls(
            request=request,
            workflow_version=workflow_version,
            updated_at=request.received_at,
            timeline=[received],
        )

    @property
    def document_id(self) -> str:
        """Return the id of the document."""
        return self.request.document_id

    @property
    def pages(self) -> int | None:
        """Return the number of pages, or None if the file was not inspected yet."""
        if self.transcript is not None:
            return self.transcript.pages
        return self.accepted.pages if self.accepted else None

    @property
    def ocr_pages(self) -> int | None:
        """Return the number of pages that OCR charges for, or that need OCR if not known yet."""
        if self.transcript is not None and self.transcript.ocr_pages is not None:
            return self.transcript.ocr_pages + self.transcript.wasted_pages
        return self.prepared.ocr_pages if self.prepared else None

    @property
    def ocr_pages_saved(self) -> int:
        """Return the number of pages read without new OCR: from their text layer or the cache."""
        cached = self.transcript.cached_pages if self.transcript else 0
        if self.prepared is None or self.accepted is None:
            return cached
        scans_too = self.accepted.content_type in TYPES_THAT_MAY_BE_SCANS
        return cached + (self.prepared.text_layer if scans_too else 0)
