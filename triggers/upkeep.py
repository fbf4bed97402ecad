"""Mends, every few minutes, what a crash at a bad moment left: nothing dropped is ever lost.

And clears away, every hour, what was kept for long enough.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from itertools import islice

from docflow.clients import Clients
from docflow.contracts import CACHE_FOLDER, Container
from docflow.errors import DocflowError, ErrorCode
from docflow.models.index import IndexEntry, index_sequence
from docflow.models.states import Stage, Status
from docflow.ports import DocumentIndex, IndexQuery
from docflow.telemetry import log_event
from triggers.index_entries import every_entry
from triggers.intake import (
    Orchestrations,
    has_ended,
    instance_status,
    read_claim,
    runtime_status,
    start_document,
)
from triggers.registry import timer

SCHEDULE = "0 */5 * * * *"
EXPIRY_SCHEDULE = "0 17 * * * *"
MOST_EXPIRED = 5_000
"""Entries deleted in one run: a minute's work, and 120,000 a day."""
SETTLED_AFTER = timedelta(minutes=2)
"""Entries younger than this are left alone: their start is probably just under way."""

_PART = 500


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
    """Start what was taken on but never started; mark what was stopped by hand as failed.

    A blob message that was tried too often while the host kept crashing ends in the poison queue,
    and an instance that an operator terminates writes no index entry: both are seen here. One
    document that cannot be mended does not keep the others from it. Gives how many were mended.

    Running it twice is safe: starting is exactly once, and an index entry is overwritten.
    """
    before = clients.clock.now() - SETTLED_AFTER
    mended = 0
    for status in (Status.PROCESSING, Status.WAITING):
        query = IndexQuery(status=status, limit=_PART)
        entries = await asyncio.to_thread(_list, clients.index, query)
        for entry in entries:
            if entry.updated_at <= before:
                mended += await _mend_one(entry, clients=clients, client=client)
    return mended


def _list(index: DocumentIndex, query: IndexQuery) -> list[IndexEntry]:
    return list(every_entry(index, query))


async def _mend_one(entry: IndexEntry, *, clients: Clients, client: Orchestrations) -> bool:
    try:
        status = await instance_status(client, entry.document_id)
        if not status:
            return await _start(entry, clients=clients, client=client)
        if has_ended(status) and runtime_status(status) != "Completed":
            await asyncio.to_thread(_mark_stopped, entry, runtime_status(status), clients)
            return True
    except DocflowError as error:
        log_event(
            "not_mended", document_id=entry.document_id, level=logging.WARNING, code=error.code
        )
    return False


async def _start(entry: IndexEntry, *, clients: Clients, client: Orchestrations) -> bool:
    claimed = await asyncio.to_thread(read_claim, clients.store, entry.document_id)
    if claimed is None:
        return False
    started = await start_document(claimed, clients=clients, client=client)
    if started:
        log_event("overlooked_document_started", document_id=entry.document_id)
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
