"""Find the document of a request: its index entry, or its claim if there is no entry yet."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from docflow.clients import Clients
from docflow.contracts import APPROVAL_EVENT
from docflow.errors import TransientError
from docflow.models.index import IndexEntry
from docflow.models.states import Stage, Status
from docflow.ports import BlobStore
from docflow.work.folder import WorkFolder
from triggers.intake import (
    Orchestrations,
    durable_failures,
    instance_status,
    read_claim,
    received_entry,
)
from triggers.parameters import unknown_document
from triggers.threads import read_in_thread
from triggers.views import PagesView, Progress, brought_up_to_date, pages_view

_SHOWN_EVENTS = 10
_SHOWN_CHARACTERS = 100
"""Most names of events that are shown, and most characters of each: anybody may choose them."""


@dataclass(frozen=True, slots=True)
class CurrentDocument:
    """The current status of a document."""

    entry: IndexEntry
    pages: PagesView


def find_entry(clients: Clients, document_id: str) -> IndexEntry:
    """Return the index entry of a document, or an entry made from its claim.

    Raises:
        NotFoundError: there is no such document.
    """
    entry = clients.index.get(document_id)
    if entry is not None:
        return entry
    claimed = read_claim(clients.store, document_id)
    if claimed is None:
        raise unknown_document(document_id)
    return received_entry(claimed)


async def misnamed_events(client: Orchestrations, document_id: str) -> list[str]:
    """Return the names of events that an instance got and that are not the decision.

    The platform takes an event of any name, and the orchestration never sees it. A history that
    cannot be read tells nothing.
    """
    try:
        with durable_failures():
            status = await client.get_status(document_id, show_history=True)
    except TransientError:
        return []
    events: object = getattr(status, "historyEvents", None)
    raised = [
        str(event.get("Name"))[:_SHOWN_CHARACTERS]
        for event in (events if isinstance(events, list) else [])
        if isinstance(event, dict) and event.get("EventType") == "EventRaised"
    ]
    return [name for name in dict.fromkeys(raised) if name != APPROVAL_EVENT][:_SHOWN_EVENTS]


@lru_cache(maxsize=256)
def _pages_read(store: BlobStore, document_id: str, _second: int) -> int:
    """Return the number of pages read so far; cached for a second, because it lists all pages."""
    return WorkFolder(store, document_id).pages_read()


async def find_current(
    clients: Clients, client: Orchestrations, document_id: str
) -> CurrentDocument:
    """Return a document, updated with the status of its running instance.

    Raises:
        NotFoundError: there is no such document.
    """
    entry = await read_in_thread(find_entry, clients, document_id)
    if entry.status.ended and entry.status is not Status.PUBLISHED:
        return CurrentDocument(entry, pages_view(entry, Progress()))
    progress = Progress.of(await instance_status(client, document_id))
    entry = brought_up_to_date(entry, progress)
    recognized = 0
    if entry.stage is Stage.READING:
        now = int(clients.clock.now().timestamp())
        store = cast("Hashable", clients.store)  # every object is hashable; the protocol omits it
        recognized = await read_in_thread(_pages_read, store, document_id, now)
    return CurrentDocument(entry, pages_view(entry, progress, recognized=recognized))
