"""What other systems are told about a document: small JSON objects with links, no document text."""

from __future__ import annotations

from typing import Any

from docflow.models.delivery import Closing, CompensationRequest
from docflow.models.payloads import Payload
from docflow.models.states import Status
from docflow.work.folder import WorkFolder


class Announcement(Payload):
    """What was put on the queue, or was about to be."""

    status: Status
    sent: bool


def read_announcement(work: WorkFolder) -> Announcement | None:
    """Read what was announced of a document."""
    return work.read("announced.json", Announcement)


def write_announcement(work: WorkFolder, announcement: Announcement) -> None:
    """Store what is announced of a document."""
    work.write("announced.json", announcement)


def notice_key(document_id: str, what: str) -> str:
    """Give the key by which a repeated notice is recognized."""
    return f"{document_id}-{what}"


def processed_notice(closing: Closing, base_url: str) -> dict[str, Any]:
    """Tell how a document ended."""
    document_id = closing.document_id
    return {
        "event": "document-processed",
        "key": notice_key(document_id, closing.status.value),
        "documentId": document_id,
        "name": closing.request.source.name,
        "attempt": closing.request.attempt,
        "status": closing.status.value,
        "urgency": closing.urgency.level.value if closing.urgency else None,
        "ticket": closing.ticket.key if closing.ticket else None,
        "errorCode": closing.error.code if closing.error else None,
        "endedAt": closing.ended_at.isoformat(),
        "links": {
            "document": f"{base_url}/api/documents/{document_id}",
            "result": f"{base_url}/api/documents/{document_id}/result",
        },
    }


def withdrawn_notice(request: CompensationRequest) -> dict[str, Any]:
    """Take back that a document was published."""
    return {
        "event": "document-withdrawn",
        "key": notice_key(request.document_id, "withdrawn"),
        "documentId": request.document_id,
        "name": request.name,
        "reason": request.reason,
    }
