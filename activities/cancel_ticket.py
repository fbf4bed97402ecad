"""Undo `open_ticket` (compensation)."""

from __future__ import annotations

from activities import activity
from docflow.clients import Clients
from docflow.contracts import ticket_label_for
from docflow.models.delivery import CompensationRequest
from docflow.models.payloads import Done


@activity
def cancel_ticket(request: CompensationRequest, clients: Clients) -> Done:
    """Cancel the document's issue, if there is one.

    Running it twice is safe: a cancelled issue stays cancelled.
    """
    reason = f"The delivery of the document was undone ({request.reason})."
    clients.tickets.cancel(ticket_label_for(request.document_id), reason=reason)
    return Done()
