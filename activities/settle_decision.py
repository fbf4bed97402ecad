"""Settles what was decided about a document: the first decision stored stands."""

from __future__ import annotations

import azure.durable_functions as df

from activities.registration import perform
from docflow.clients import Clients
from docflow.contracts import Activity
from docflow.models.reviews import Settlement, SettlementRequest
from docflow.work.folder import WorkFolder

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="payload")
def settle_decision(payload: dict) -> dict:
    """Activity: see `settle`."""
    return perform(Activity.SETTLE_DECISION, payload, SettlementRequest, settle)


def settle(request: SettlementRequest, clients: Clients) -> Settlement:
    """Store the candidate where nothing is stored yet; give what stands.

    One conditional write decides between a decision by event, one by the app's API and the
    deadline. Running it twice is safe: the second time finds what the first one stored.
    """
    work = WorkFolder(clients.store, request.document_id)
    if request.candidate is not None and work.store_decision(request.candidate):
        return Settlement(stored=request.candidate)
    return Settlement(stored=work.read_decision())
