"""The end of a document: delivered, compensated or quarantined."""

from __future__ import annotations

from datetime import datetime

from pydantic import AliasChoices, Field

from docflow.models.documents import DocumentRequest, Failure
from docflow.models.facts import DocumentFacts, Ticket, TimelineEntry
from docflow.models.files import Refused
from docflow.models.payloads import Payload
from docflow.models.states import Status


class DocumentEnd(Payload):
    """Result of `process_document`."""

    status: Status


class DeliveryRequest(Payload):
    """Input of the sub-orchestration `deliver`."""

    facts: DocumentFacts = Field(validation_alias=AliasChoices("facts", "closing"))
    """Histories of version 1 name it `closing`."""
    open_ticket: bool

    @property
    def document_id(self) -> str:
        """Return the id of the document to deliver."""
        return self.facts.document_id


class DeliveryResult(Payload):
    """Result of `deliver`: the ticket, or the failure after which all steps were undone."""

    ticket: Ticket | None = None
    failure: Failure | None = None
    timeline: list[TimelineEntry] = []
    """The entries that the delivery adds to the timeline."""


class CompensationRequest(Payload):
    """Input of the compensations, which undo a step of a delivery."""

    document_id: str
    name: str
    reason: str
    """Code of the failure that made the compensation necessary."""


class QuarantineRequest(Payload):
    """Input of `quarantine_source`: the refused file and the reason."""

    request: DocumentRequest
    refused: Refused

    @property
    def document_id(self) -> str:
        """Return the id of the refused document."""
        return self.request.document_id


class TicketIntent(Payload):
    """An issue that is about to be opened, and may have been opened."""

    asked_at: datetime
    """When the ticket desk was last asked to open it."""
    times: int = 1
    """How many times the ticket desk was asked, each time because nothing showed the issue."""


class Announcement(Payload):
    """The message that was sent to the queue, or is about to be sent."""

    status: Status
    sent: bool
