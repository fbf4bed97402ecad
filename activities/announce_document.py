"""Tell other systems through a storage queue that a document has ended."""

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
    """Send one `document-processed` message to the queue.

    Running it twice is safe: the intent is stored before the message is sent, and its success
    afterwards. Only a crash between the two repeats the message, with the same key. If a late
    duplicate runs after the publication was undone, it does not announce the publication.
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
