"""Undoes `write_record`."""

from __future__ import annotations

import azure.durable_functions as df

from activities.registration import perform
from docflow.clients import Clients
from docflow.contracts import Activity, Container
from docflow.models.delivery import CompensationRequest
from docflow.models.payloads import Done
from docflow.models.states import Status
from docflow.work.folder import readable_record_name, record_name, recorded_status

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="payload")
def withdraw_record(payload: dict) -> dict:
    """Activity: see `withdraw`."""
    return perform(Activity.WITHDRAW_RECORD, payload, CompensationRequest, withdraw)


def withdraw(request: CompensationRequest, clients: Clients) -> Done:
    """Delete the record of the publication and its readable form.

    Running it twice is safe, however late: what is gone stays gone, and the record of the failure
    that comes after it is left alone.
    """
    if recorded_status(clients.store, request.document_id) not in {None, Status.PUBLISHED}:
        return Done()
    clients.store.delete(Container.RESULTS, record_name(request.document_id))
    clients.store.delete(Container.RESULTS, readable_record_name(request.document_id))
    return Done()
