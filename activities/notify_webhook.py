"""Notify people through a webhook that a document has ended."""

from __future__ import annotations

from activities import activity
from docflow.clients import Clients
from docflow.models.facts import DocumentFacts
from docflow.models.payloads import Done
from docflow.record.messages import message_key, processed_message


@activity
def notify_webhook(facts: DocumentFacts, clients: Clients) -> Done:
    """Post the status of a document that has ended.

    Running it twice is safe: both posts carry the same idempotency key.
    """
    body = processed_message(facts, clients.settings.public_base_url)
    clients.notifier.notify(
        f"document.{facts.status.value}",
        body,
        key=message_key(facts.document_id, facts.status.value),
    )
    return Done()
