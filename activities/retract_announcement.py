"""Undoes `announce_document`: a message cannot be unsent, but it can be taken back."""

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
    """Follow an announcement that may have been sent with a `document-withdrawn` message.

    Running it twice is safe: consumers get the same key twice, and withdrawing twice is once.
    """
    work = WorkFolder(clients.store, request.document_id)
    if work.read(ANNOUNCEMENT) is not None:
        clients.queue.send(withdrawn_message(request))
    return Done()
