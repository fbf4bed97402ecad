"""Undo `write_record` (compensation)."""

from __future__ import annotations

from activities import activity
from docflow.clients import Clients
from docflow.contracts import Container
from docflow.models.delivery import CompensationRequest
from docflow.models.payloads import Done
from docflow.models.states import Status
from docflow.work.artefacts import READABLE_RECORD, RECORD
from docflow.work.folder import recorded_status


@activity
def withdraw_record(request: CompensationRequest, clients: Clients) -> Done:
    """Delete the record of the publication and its readable form.

    Running it twice is safe: a late second run does not delete the record of the failure that is
    written afterwards.
    """
    if recorded_status(clients.store, request.document_id) not in {None, Status.PUBLISHED}:
        return Done()
    for record in (RECORD, READABLE_RECORD):
        name = record.format(document_id=request.document_id)
        clients.store.delete(Container.RESULTS, name)
    return Done()
