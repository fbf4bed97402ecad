"""What other systems are told about a document: small JSON objects with links, no document text."""

from __future__ import annotations

from typing import Any

from docflow.models.delivery import CompensationRequest
from docflow.models.facts import DocumentFacts


def message_key(document_id: str, what: str) -> str:
    """Return the key by which a repeated message is recognized."""
    return f"{document_id}-{what}"


def processed_message(facts: DocumentFacts, base_url: str) -> dict[str, Any]:
    """Tell how a document ended."""
    document_id = facts.document_id
    return {
        "event": "document-processed",
        "key": message_key(document_id, facts.status.value),
        "documentId": document_id,
        "name": facts.request.source.name,
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
    """Take back that a document was published."""
    return {
        "event": "document-withdrawn",
        "key": message_key(request.document_id, "withdrawn"),
        "documentId": request.document_id,
        "name": request.name,
        "reason": request.reason,
    }
