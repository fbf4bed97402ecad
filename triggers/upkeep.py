"""Upkeep by timers: reconcile the document index every minute, expire the cache every hour.

A crash may leave a document that was claimed but never started. The next run starts it, so that no
upload is lost.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import chain, islice

from docflow.clients import Clients
from docflow.contracts import CACHE_FOLDER, Container
from docflow.errors import ErrorCode
from docflow.models.documents import DocumentRequest
from docflow.models.index import IndexEntry, index_sequence
from docflow.models.states import Stage, Status
from docflow.ports import DocumentIndex, IndexQuery
from docflow.telemetry import log_event
from docflow.work.artefacts import RECEIPT_FOLDER, STAGED_FOLDER
from docflow.work.folder import recorded_status
from docflow.work.receipts import RECEIPT_LIFETIME
from docflow.work.uploads import SETTLED_AFTER
from triggers.index_entries import every_entry
from triggers.intake import (
    Orchestrations,
    has_ended,
    instance_status,
    read_claim,
    runtime_status,
    start_document,
)
from triggers.overlooked import by_itself, start_overlooked
from triggers.registry import timer

SCHEDULE = "0 * * * * *"
EXPIRY_SCHEDULE = "0 17 * * * *"
MOST_EXPIRED = 5_000
"""Most entries deleted in one run: about a minute of work, and 120,000 a day."""
LOST_AFTER = timedelta(minutes=10)
"""An instance that the durable backend does not know for so long after the last change of its
document is lost. It knows a new one within seconds."""
STAGED_LIFETIME = timedelta(hours=1)
"""A file that the API is just taking is staged for seconds; an older one was left by a crash."""

_PART = 500


@timer(EXPIRY_SCHEDULE)
def expire_cache(*, clients: Clients) -> int:
    """Delete what is kept for a time alone: the cache, receipts, and files that were left staged.

    At most `MOST_EXPIRED` blobs are deleted in one run. Running it twice is safe: a cache entry is
    created again when it is needed, and the others are needed no more.

    Returns:
        The number of deleted blobs.
    """
    now = clients.clock.now()
    lifetimes = {
        CACHE_FOLDER: timedelta(days=clients.settings.cache_retention_days),
        RECEIPT_FOLDER: RECEIPT_LIFETIME,
        STAGED_FOLDER: STAGED_LIFETIME,
    }
    old = chain.from_iterable(
        clients.store.list_older(Container.WORK, folder, now - lifetime)
        for folder, lifetime in lifetimes.items()
    )
    names = list(islice(old, MOST_EXPIRED))
    for name in names:
        clients.store.delete(Container.WORK, name)
    if names:
        log_event("cache_entries_expired", count=len(names))
    return len(names)


@timer(SCHEDULE)
async def mend_documents(*, clients: Clients, client: Orchestrations) -> int:
    """Start uploads that were never started, and reconcile the index with the instances.

    A host that dies keeps the blob messages that it has taken for ten more minutes, a message that
    failed too often goes to the poison queue, and Event Grid does not repeat an event that a host
    refused with 401 or 403, as it does before its keys are loaded: the document of such an upload
    is started here. A document whose instance was terminated by an operator, so that it wrote no
    index entry, or whose instance is gone, is marked as failed. If one document cannot be
    reconciled, the others still are.

    Running it twice is safe: a document is started only once, and an index entry is overwritten.

    Returns:
        The number of documents that were started or marked.
    """
    before = clients.clock.now() - SETTLED_AFTER
    reconciled = await start_overlooked(clients=clients, client=client)
    for status in (Status.PROCESSING, Status.WAITING):
        query = IndexQuery(status=status, limit=_PART)
        entries = await asyncio.to_thread(_list, clients.index, query)
        for entry in entries:
            if entry.updated_at <= before:
                step = _reconcile(entry, clients=clients, client=client)
                reconciled += await by_itself(entry.document_id, step) is True
    return reconciled


def _list(index: DocumentIndex, query: IndexQuery) -> list[IndexEntry]:
    return list(every_entry(index, query))


async def _reconcile(entry: IndexEntry, *, clients: Clients, client: Orchestrations) -> bool:
    status = await instance_status(client, entry.document_id)
    if not status:
        claimed = await asyncio.to_thread(read_claim, clients.store, entry.document_id)
        if claimed is not None and await _start(claimed, clients=clients, client=client):
            return True
        if entry.updated_at > clients.clock.now() - LOST_AFTER:
            return False
        await asyncio.to_thread(_mark_lost, entry, clients)
        return True
    if has_ended(status) and runtime_status(status) != "Completed":
        state = runtime_status(status)
        code = ErrorCode.of_stopped_instance(state)
        await asyncio.to_thread(_mark_stopped, entry, state, code, clients)
        return True
    return False


async def _start(request: DocumentRequest, *, clients: Clients, client: Orchestrations) -> bool:
    started = await start_document(request, clients=clients, client=client)
    if started:
        log_event("overlooked_document_started", document_id=request.document_id)
    return started


def _mark_lost(entry: IndexEntry, clients: Clients) -> None:
    """Mark a document without an instance as its record says, or as failed without a record."""
    recorded = recorded_status(clients.store, entry.document_id)
    if recorded is None:
        _mark_stopped(entry, "Lost", ErrorCode.INSTANCE_LOST, clients)
    else:
        _mark_ended(entry, recorded, None, clients)


def _mark_stopped(entry: IndexEntry, state: str, code: ErrorCode, clients: Clients) -> None:
    _mark_ended(entry, Status.FAILED, code, clients)
    log_event("stopped_document_marked", document_id=entry.document_id, state=state)


def _mark_ended(
    entry: IndexEntry, status: Status, code: ErrorCode | None, clients: Clients
) -> None:
    end = {
        "status": status,
        "stage": Stage.DONE,
        "error_code": code.value if code else None,
        "updated_at": clients.clock.now(),
        "sequence": index_sequence(status, Stage.DONE),
    }
    clients.index.put(entry.model_copy(update=end))
