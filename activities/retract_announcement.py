"""Undoes `announce_document`: a message cannot be unsent, but it can be taken back."""

from __future__ import annotations

import azure.durable_functions as df

from activities.registration import perform
from docflow.clients import Clients
from docflow.contracts import Activity
from docflow.models.delivery import CompensationRequest
from docflow.models.payloads import Done
from docflow.record.messages import read_announcement, withdrawn_notice
from docflow.work.folder import WorkFolder

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="payload")
def retract_announcement(payload: dict) -> dict:
    """Activity: see `retract`."""
    return perform(Activity.RETRACT_ANNOUNCEMENT, payload, CompensationRequest, retract)


def retract(request: CompensationRequest, clients: Clients) -> Done:
    """Follow an announcement that may have been sent with a `document-withdrawn` message.

    Running it twice is safe: consumers get the same key twice, and withdrawing twice is once.
    """
    work = WorkFolder(clients.store, request.document_id)
    if read_announcement(work) is not None:
        clients.queue.send(withdrawn_notice(request))
    return Done()
