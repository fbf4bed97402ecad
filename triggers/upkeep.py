"""Upkeep by timers: reconcile the document index every minute, expire the cache every hour.

A crash may leave a document that was claimed but never started. The next run starts it, so that no
upload is lost.
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
from triggers.index_entries import every_entry
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
from triggers.registry import timer

SCHEDULE = "0 * * * * *"
EXPIRY_SCHEDULE = "0 17 * * * *"
MOST_EXPIRED = 5_000
"""Most entries deleted in one run: about a minute of work, and 120,000 a day."""
SETTLED_AFTER = timedelta(seconds=30)
"""Younger documents are skipped: they are probably just being started. With a run every minute, and
some time for a new host to start, what a dead host held is started within two minutes."""
REDELIVERED_AFTER = timedelta(minutes=15)
"""Older uploads are left to the trigger: the platform delivers a message that a dead host had taken
again after ten minutes."""

_PART = 500
_UPLOADS_AT_ONCE = 8


@timer(EXPIRY_SCHEDULE)
def expire_cache(*, clients: Clients) -> int:
    """Delete cache entries that are older than the retention, at most `MOST_EXPIRED` in one run.

    Running it twice is safe: a deleted entry is created again when it is needed.

    Returns:
        The number of deleted entries.
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
    """Start uploads that were never started, and reconcile the index with the instances.

    A host that dies keeps the blob messages that it has taken for ten more minutes, and a message
    that failed too often goes to the poison queue: the document of such an upload is started here.
    A document whose instance was terminated by an operator, so that it wrote no index entry, is
    marked as failed. If one document cannot be reconciled, the others still are.

    Running it twice is safe: a document is started only once, and an index entry is overwritten.

    Returns:
        The number of documents that were started or marked.
    """
    before = clients.clock.now() - SETTLED_AFTER
    reconciled = await _start_overlooked(before, clients=clients, client=client)
    for status in (Status.PROCESSING, Status.WAITING):
        query = IndexQuery(status=status, limit=_PART)
        entries = await asyncio.to_thread(_list, clients.index, query)
        for entry in entries:
            if entry.updated_at <= before:
                step = _reconcile(entry, clients=clients, client=client)
                reconciled += await _by_itself(entry.document_id, step)
    return reconciled


async def _start_overlooked(before: datetime, *, clients: Clients, client: Orchestrations) -> int:

    listed = clients.store.list_older(Container.INCOMING, "", before)
    permits = asyncio.Semaphore(_UPLOADS_AT_ONCE)

    async def start(name: str) -> bool:
        async with permits:
            return await _start_upload(name, clients=clients, client=client)

    return sum(await asyncio.gather(*map(start, await asyncio.to_thread(list, listed))))


async def _start_upload(name: str, *, clients: Clients, client: Orchestrations) -> bool:
    properties = await asyncio.to_thread(clients.store.properties, Container.INCOMING, name)
    if properties is None or is_folder(properties):
        return False
    request = request_for_upload(properties, clients)
    return await _by_itself(request.document_id, _start(request, clients=clients, client=client))


async def _by_itself(document_id: str, step: Awaitable[bool]) -> bool:
    """Return the result of a step. A failure is logged, and does not keep others from theirs."""
    try:
        return await step
    except DocflowError as error:
        log_event("not_mended", document_id=document_id, level=logging.WARNING, code=error.code)
        return False


def _list(index: DocumentIndex, query: IndexQuery) -> list[IndexEntry]:
    return list(every_entry(index, query))


async def _reconcile(entry: IndexEntry, *, clients: Clients, client: Orchestrations) -> bool:
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
