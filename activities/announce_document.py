"""Tells other systems, through a storage queue, that a document reached its end."""

from __future__ import annotations

from activities import activity
from docflow.clients import Clients
from docflow.models.delivery import Announcement
from docflow.models.facts import DocumentFacts
from docflow.models.payloads import Done
from docflow.models.states import Status
from docflow.record.messages import processed_message
from docflow.work.artefacts import ANNOUNCEMENT
from docflow.work.folder import WorkFolder


@activity
def announce_document(facts: DocumentFacts, clients: Clients) -> Done:
    """Put one `document-processed` message on the queue.

    Running it twice is safe: the intent is stored before the message is sent and its success
    after, so only a crash right between repeats the message, under the same key. However late it
    runs, a publication that was undone is not announced after the failure.
    """
    work = WorkFolder(clients.store, facts.document_id)
    status = facts.status
    before = work.read(ANNOUNCEMENT)
    if before is not None and (before.status, before.sent) == (status, True):
        return Done()
    if before is not None and before.status is not status and status is Status.PUBLISHED:
        return Done()
    work.write(ANNOUNCEMENT, Announcement(status=status, sent=False))
    clients.queue.send(processed_message(facts, clients.settings.public_base_url))
    work.write(ANNOUNCEMENT, Announcement(status=status, sent=True))
    return Done()
