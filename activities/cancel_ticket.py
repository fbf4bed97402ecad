"""Undoes `open_ticket`."""

from __future__ import annotations

import azure.durable_functions as df

from activities.registration import perform
from docflow.clients import Clients
from docflow.contracts import Activity, ticket_label_for
from docflow.models.delivery import CompensationRequest
from docflow.models.payloads import Done

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="payload")
def cancel_ticket(payload: dict) -> dict:
    """Activity: see `cancel`."""
    return perform(Activity.CANCEL_TICKET, payload, CompensationRequest, cancel)


def cancel(request: CompensationRequest, clients: Clients) -> Done:
    """Cancel the document's issue, if there is one.

    Running it twice is safe: an issue that is cancelled already stays so.
    """
    reason = f"The delivery of the document was undone ({request.reason})."
    clients.tickets.cancel(ticket_label_for(request.document_id), reason=reason)
    return Done()
