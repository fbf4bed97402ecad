"""The end of a document: delivered, undone or set aside."""

from __future__ import annotations

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
    """Histories of version 1 call it `closing`."""
    open_ticket: bool

    @property
    def document_id(self) -> str:
        """The document that is delivered."""
        return self.facts.document_id


class DeliveryResult(Payload):
    """Result of `deliver`: the ticket, or the step that failed after which all was undone."""

    ticket: Ticket | None = None
    failure: Failure | None = None
    timeline: list[TimelineEntry] = []
    """What the delivery adds to the timeline."""


class CompensationRequest(Payload):
    """Input of the activities that undo a step of a delivery."""

    document_id: str
    name: str
    reason: str
    """Code of the failure that led here."""


class QuarantineRequest(Payload):
    """Input of `quarantine_source`: the file to set aside, and why."""

    request: DocumentRequest
    refused: Refused

    @property
    def document_id(self) -> str:
        """The document that is set aside."""
        return self.request.document_id


class Announcement(Payload):
    """What was put on the queue, or was about to be."""

    status: Status
    sent: bool
