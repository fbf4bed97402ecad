"""Tells people, through a webhook, what became of a document."""

from __future__ import annotations

import azure.durable_functions as df

from activities.registration import perform
from docflow.clients import Clients
from docflow.contracts import Activity
from docflow.models.delivery import Closing
from docflow.models.payloads import Done
from docflow.record.messages import notice_key, processed_notice

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="payload")
def notify_webhook(payload: dict) -> dict:
    """Activity: see `notify`."""
    return perform(Activity.NOTIFY_WEBHOOK, payload, Closing, notify)


def notify(closing: Closing, clients: Clients) -> Done:
    """Post the end of a document.

    Running it twice is safe: both posts carry the same idempotency key.
    """
    body = processed_notice(closing, clients.settings.public_base_url)
    clients.notifier.notify(
        f"document.{closing.status.value}",
        body,
        key=notice_key(closing.document_id, closing.status.value),
    )
    return Done()
