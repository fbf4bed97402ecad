"""Undo `announce_document` (compensation): send a second message that withdraws the first."""

from __future__ import annotations

from activities import activity
from docflow.clients import Clients
from docflow.models.delivery import CompensationRequest
from docflow.models.payloads import Done
from docflow.record.messages import withdrawn_message
from docflow.work.artefacts import ANNOUNCEMENT
from docflow.work.folder import WorkFolder


@activity
def retract_announcement(request: CompensationRequest, clients: Clients) -> Done:
    """Send a `document-withdrawn` message if an announcement may have been sent.

    Running it twice is safe: both messages have the same key, and consumers ignore the second one.
    """
    work = WorkFolder(clients.store, request.document_id)
    if work.read(ANNOUNCEMENT) is not None:
        clients.queue.send(withdrawn_message(request))
    return Done()
