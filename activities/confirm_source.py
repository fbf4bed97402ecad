"""Confirm that an upload did not grow while its document waited."""

from __future__ import annotations

from activities import activity
from docflow.clients import Clients
from docflow.models.files import Confirmation, ConfirmationRequest
from docflow.work.uploads import growth_of


@activity
def confirm_source(request: ConfirmationRequest, clients: Clients) -> Confirmation:
    """Compare the upload with the bytes that were read, before they are delivered as the whole.

    Running it twice is safe: it only reads.
    """
    now = clients.clock.now()
    refused = growth_of(request.source, request.document_id, clients.store, now)
    return Confirmation(refused=refused)
