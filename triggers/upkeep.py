"""Mends, every minute, what a crash at a bad moment left: nothing dropped is ever lost.

And clears away, every hour, what was kept for long enough.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from datetime import datetime, timedelta
from itertools import islice

from docflow.clients import Clients
from docflow.contracts import CACHE_FOLDER, Container
from docflow.errors import DocflowError, ErrorCode
from docflow.models.documents import DocumentRequest
from docflow.models.index import IndexEntry, index_sequence
from docflow.models.states import Stage, Status
from docflow.ports import DocumentIndex, IndexQuery
from docflow.telemetry import log_event
from triggers.intake import (
    Orchestrations,
    has_ended,
    instance_status,
    is_folder,
    read_claim,
    request_for_upload,
    runtime_status,
    start_document,
)
from triggers.listing import every_entry
from triggers.registry import timer

SCHEDULE = "0 * * * * *"
EXPIRY_SCHEDULE = "0 17 * * * *"
MOST_EXPIRED = 5_000
"""Entries deleted in one run: a minute's work, and 120,000 a day."""
SETTLED_AFTER = timedelta(seconds=30)
"""What is younger is left alone: its start is probably just under way. With the schedule of a
minute, and some time for a new host to start, what a dead one held goes on within two minutes."""
REDELIVERED_AFTER = timedelta(minutes=15)
"""Uploads older than this are left to the trigger: a message that a dead host had taken is
delivered again after ten minutes."""

_PART = 500
_UPLOADS_AT_ONCE = 8


@timer(EXPIRY_SCHEDULE)
def expire_cache(*, clients: Clients) -> int:
    """Delete cache entries older than the retention, a bounded number each time; gives how many.

    Running it twice is safe: what is gone is made anew when it is needed.
    """
    retention = timedelta(days=clients.settings.cache_retention_days)
    before = clients.clock.now() - retention
    old = clients.store.list_older(Container.WORK, CACHE_FOLDER, before)
    names = list(islice(old, MOST_EXPIRED))
    for name in names:
        clients.store.delete(Container.WORK, name)
    if names:
        log_event("cache_entries_expired", count=len(names))
    return len(names)


@timer(SCHEDULE)
async def mend_documents(*, clients: Clients, client: Orchestrations) -> int:
    """Start what was dropped and never started; mark what was stopped by hand as failed.

    A host that dies keeps the blob messages it has taken for ten minutes more, one that was tried
    too often ends in the poison queue, and an instance that an operator terminates writes no index
    entry: all are seen here. One document that cannot be mended does not keep the others from it.
    Gives how many were mended.

    Running it twice is safe: starting is exactly once, and an index entry is overwritten.
    """
    before = clients.clock.now() - SETTLED_AFTER
    mended = await _start_overlooked(before, clients=clients, client=client)
    for status in (Status.PROCESSING, Status.WAITING):
        query = IndexQuery(status=status, limit=_PART)
        entries = await asyncio.to_thread(_list, clients.index, query)
        for entry in entries:
            if entry.updated_at <= before:
                mending = _mend_one(entry, clients=clients, client=client)
                mended += await _tried(entry.document_id, mending)
    return mended


async def _start_overlooked(before: datetime, *, clients: Clients, client: Orchestrations) -> int:
    since = clients.clock.now() - REDELIVERED_AFTER
    listed = clients.store.list_older(Container.INCOMING, "", before, since=since)
    places = asyncio.Semaphore(_UPLOADS_AT_ONCE)

    async def start(name: str) -> bool:
        async with places:
            return await _start_upload(name, clients=clients, client=client)

    return sum(await asyncio.gather(*map(start, await asyncio.to_thread(list, listed))))


async def _start_upload(name: str, *, clients: Clients, client: Orchestrations) -> bool:
    properties = await asyncio.to_thread(clients.store.properties, Container.INCOMING, name)
    if properties is None or is_folder(name, properties):
        return False
    request = request_for_upload(name, properties, clients)
    return await _tried(request.document_id, _start(request, clients=clients, client=client))


async def _tried(document_id: str, mending: Awaitable[bool]) -> bool:
    """Mend a document; note one that cannot be mended, so that the others are still looked at."""
    try:
        return await mending
    except DocflowError as error:
        log_event("not_mended", document_id=document_id, level=logging.WARNING, code=error.code)
        return False


def _list(index: DocumentIndex, query: IndexQuery) -> list[IndexEntry]:
    return list(every_entry(index, query))


async def _mend_one(entry: IndexEntry, *, clients: Clients, client: Orchestrations) -> bool:
    status = await instance_status(client, entry.document_id)
    if not status:
        claimed = await asyncio.to_thread(read_claim, clients.store, entry.document_id)
        return claimed is not None and await _start(claimed, clients=clients, client=client)
    if has_ended(status) and runtime_status(status) != "Completed":
        await asyncio.to_thread(_mark_stopped, entry, runtime_status(status), clients)
        return True
    return False


async def _start(request: DocumentRequest, *, clients: Clients, client: Orchestrations) -> bool:
    started = await start_document(request, clients=clients, client=client)
    if started:
        log_event("overlooked_document_started", document_id=request.document_id)
    return started


def _mark_stopped(entry: IndexEntry, state: str, clients: Clients) -> None:
    clients.index.put(
        entry.model_copy(
            update={
                "status": Status.FAILED,
                "stage": Stage.DONE,
                "error_code": ErrorCode.of_stopped_instance(state).value,
                "updated_at": clients.clock.now(),
                "sequence": index_sequence(Status.FAILED, Stage.DONE),
            }
        )
    )
    log_event("stopped_document_marked", document_id=entry.document_id, state=state)
