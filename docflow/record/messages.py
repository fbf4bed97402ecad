"""Messages to other systems: small JSON objects with links, without document text."""

from __future__ import annotations

from typing import Any

from docflow.models.delivery import CompensationRequest
from docflow.models.facts import DocumentFacts
from docflow.policy.shown_text import shown_on_one_line


def message_key(document_id: str, what: str) -> str:
    """Return the idempotency key of a message: a repeated message has the same key."""
    return f"{document_id}-{what}"


def processed_message(facts: DocumentFacts, base_url: str) -> dict[str, Any]:
    """Return the message that a document has ended."""
    document_id = facts.document_id
    return {
        "event": "document-processed",
        "key": message_key(document_id, facts.status.value),
        "documentId": document_id,
        "name": shown_on_one_line(facts.request.source.name),
        "attempt": facts.request.attempt,
        "status": facts.status.value,
        "urgency": facts.urgency.level.value if facts.urgency else None,
        "ticket": facts.ticket.key if facts.ticket else None,
        "errorCode": facts.error.code if facts.error else None,
        "endedAt": facts.updated_at.isoformat(),
        "links": {
            "document": f"{base_url}/api/documents/{document_id}",
            "result": f"{base_url}/api/documents/{document_id}/result",
        },
    }


def withdrawn_message(request: CompensationRequest) -> dict[str, Any]:
    """Return the message that the publication of a document was undone."""
    return {
        "event": "document-withdrawn",
        "key": message_key(request.document_id, "withdrawn"),
        "documentId": request.document_id,
        "name": shown_on_one_line(request.name),
        "reason": request.reason,
    }
