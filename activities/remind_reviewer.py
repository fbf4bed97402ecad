"""Remind people of a document that waits for a decision."""

from __future__ import annotations

from activities import activity
from docflow.clients import Clients
from docflow.models.payloads import Done
from docflow.models.reviews import ReminderRequest
from docflow.policy.shown_text import shown_on_one_line


@activity
def remind_reviewer(request: ReminderRequest, clients: Clients) -> Done:
    """Post a reminder with links to the document and its review.

    Running it twice is safe: both posts carry the same idempotency key.
    """
    base = clients.settings.public_base_url
    clients.notifier.notify(
        "review.escalated" if request.escalated else "review.reminder",
        {
            "documentId": request.document_id,
            "name": shown_on_one_line(request.name),
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
