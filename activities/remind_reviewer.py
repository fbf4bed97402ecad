"""Brings a waiting document to mind."""

from __future__ import annotations

import azure.durable_functions as df

from activities.registration import perform
from docflow.clients import Clients
from docflow.contracts import Activity
from docflow.models.payloads import Done
from docflow.models.reviews import ReminderRequest

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="payload")
def remind_reviewer(payload: dict) -> dict:
    """Activity: see `remind`."""
    return perform(Activity.REMIND_REVIEWER, payload, ReminderRequest, remind)


def remind(request: ReminderRequest, clients: Clients) -> Done:
    """Post a reminder with links.

    Running it twice is safe: both posts carry the same idempotency key.
    """
    base = clients.settings.public_base_url
    clients.notifier.notify(
        "review.escalated" if request.escalated else "review.reminder",
        {
            "documentId": request.document_id,
            "name": request.name,
            "reminder": request.number,
            "secondsLeft": request.seconds_left,
            "links": {
                "document": f"{base}/api/documents/{request.document_id}",
                "review": f"{base}/api/reviews/{request.document_id}",
            },
        },
        key=f"{request.document_id}-reminder-{request.number}",
    )
    return Done()
