"""Settle the decision about a document: the first stored decision counts."""

from __future__ import annotations

from activities import activity
from docflow.clients import Clients
from docflow.models.reviews import Settlement, SettlementRequest
from docflow.work.artefacts import DECISION
from docflow.work.folder import WorkFolder


@activity
def settle_decision(request: SettlementRequest, clients: Clients) -> Settlement:
    """Store the candidate if nothing is stored yet, and return the stored decision.

    One conditional write decides between a decision from an event, a decision from the app's API
    and the deadline. Running it twice is safe: the second run returns what the first one stored.
    """
    work = WorkFolder(clients.store, request.document_id)
    if request.candidate is not None and work.write_new(DECISION, request.candidate):
        return Settlement(stored=request.candidate)
    return Settlement(stored=work.read(DECISION))
