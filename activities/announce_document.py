"""Tells other systems, through a storage queue, that a document reached its end."""

from __future__ import annotations

import azure.durable_functions as df

from activities.registration import perform
from docflow.clients import Clients
from docflow.contracts import Activity
from docflow.models.delivery import Closing
from docflow.models.payloads import Done
from docflow.models.states import Status
from docflow.record.messages import (
    Announcement,
    processed_notice,
    read_announcement,
    write_announcement,
)
from docflow.work.folder import WorkFolder

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="payload")
def announce_document(payload: dict) -> dict:
    """Activity: see `announce`."""
    return perform(Activity.ANNOUNCE_DOCUMENT, payload, Closing, announce)


def announce(closing: Closing, clients: Clients) -> Done:
    """Put one `document-processed` message on the queue.

    Running it twice is safe: the intent is stored before the message is sent and its success
    after, so only a crash right between repeats the message, under the same key. However late it
    runs, a publication that was undone is not announced after the failure.
    """
    work = WorkFolder(clients.store, closing.document_id)
    status = closing.status
    before = read_announcement(work)
    if before is not None and (before.status, before.sent) == (status, True):
        return Done()
    if before is not None and before.status is not status and status is Status.PUBLISHED:
        return Done()
    write_announcement(work, Announcement(status=status, sent=False))
    clients.queue.send(processed_notice(closing, clients.settings.public_base_url))
    write_announcement(work, Announcement(status=status, sent=True))
    return Done()
