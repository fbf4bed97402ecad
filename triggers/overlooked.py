"""Find uploads without a document and start them, however old they are.

A listing has no order by time, so each run goes over the names of `incoming`. What an earlier pass
has looked at is told by the moment of its last change and costs nothing: at rest a run is one
listing page for 5,000 uploads. Where there are more than `MOST_PAGES` pages, a pass takes several
runs; the place where the next run goes on is a small blob in `work`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from datetime import datetime

from docflow.clients import Clients
from docflow.contracts import RECEIPT_METADATA, Container, document_id_for
from docflow.errors import DocflowError, ErrorCode, PermanentError
from docflow.models.documents import Receipt, SweepState
from docflow.ports import BlobPage, BlobProperties, BlobStore
from docflow.telemetry import log_event
from docflow.work.artefacts import RECORD, SWEEP
from docflow.work.folder import read_artefact, write_artefact
from docflow.work.receipts import Receipts
from docflow.work.uploads import SETTLED_AFTER, start_is_noted
from triggers.intake import (
    Orchestrations,
    is_folder,
    mark_started,
    request_for_upload,
    start_upload,
)

MOST_PAGES = 20
"""Most listing pages of one run: 100,000 uploads, of which a new one is found in the next run."""
MOST_LOOKED_AT = 1_000
"""Most uploads of one run that are looked at, with one request each where they have a document."""

_AT_ONCE = 8


async def start_overlooked(*, clients: Clients, client: Orchestrations) -> int:
    """Start uploads that did not change for half a minute and have no document.

    Running it twice is safe: a document is started only once. If a run dies, the next one looks at
    the same uploads again.

    Returns:
        The number of documents that were started.
    """
    before = clients.clock.now() - SETTLED_AFTER
    stored = await asyncio.to_thread(read_artefact, clients.store, SWEEP)
    sweep = _Sweep(stored or SweepState(), before, clients, client)
    await sweep.run()
    if sweep.is_worth_noting:
        await asyncio.to_thread(write_artefact, clients.store, SWEEP, sweep.state)
    return sweep.started


async def by_itself(document_id: str, step: Awaitable[bool]) -> bool | None:
    """Return the result of a step; None for a failure, which keeps no other step from its own."""
    try:
        return await step
    except DocflowError as error:
        log_event("not_mended", document_id=document_id, level=logging.WARNING, code=error.code)
        return None


class _Sweep:
    """One run over the pages of the listing."""

    def __init__(
        self, state: SweepState, before: datetime, clients: Clients, client: Orchestrations
    ) -> None:
        self.state = state
        self.started = 0
        self._before = before
        self._looked_at = 0
        self._clients = clients
        self._client = client
        self._went_on = state.began is not None

    @property
    def is_worth_noting(self) -> bool:
        """Return whether the next run has to know of this one."""
        return self._looked_at > 0 or self._went_on or self.state.began is not None

    async def run(self) -> None:
        """Look at pages until the pass is done or the run has done enough."""
        self._learn(began=self.state.began or self._before)
        for _ in range(MOST_PAGES):
            page = await asyncio.to_thread(self._page)
            if not await self._look_through(page):
                return
            if page.continuation is None:
                self._conclude()
                return
            self._learn(continuation=page.continuation, after=None)

    def _page(self) -> BlobPage:
        try:
            return self._clients.store.list_page(
                Container.INCOMING, continuation=self.state.continuation
            )
        except PermanentError as error:
            if error.code != ErrorCode.STORAGE_REJECTED or self.state.continuation is None:
                raise
            # The token is not valid any more: from the start.
            self._learn(continuation=None, after=None)
            return self._clients.store.list_page(Container.INCOMING)

    async def _look_through(self, page: BlobPage) -> bool:
        """Start what is overlooked on a page; return whether the whole page was looked at."""
        changed = [blob for blob in self._rest_of(page) if self._may_be_overlooked(blob)]
        part = changed[: MOST_LOOKED_AT - self._looked_at]
        permits = asyncio.Semaphore(_AT_ONCE)

        async def look_at(blob: BlobProperties) -> bool | None:
            identifier = document_id_for(Container.INCOMING, blob.name, blob.etag)
            step = _start(blob, identifier, clients=self._clients, client=self._client)
            async with permits:
                return await by_itself(identifier, step)

        results = await asyncio.gather(*map(look_at, part))
        self._looked_at += len(part)
        self.started += results.count(True)
        self._learn(failed=self.state.failed or None in results)
        if len(part) == len(changed):
            return True
        if part:
            self._learn(after=part[-1].name)
        return False

    def _rest_of(self, page: BlobPage) -> list[BlobProperties]:
        names = [blob.name for blob in page.blobs]
        done = names.index(self.state.after) + 1 if self.state.after in names else 0
        return page.blobs[done:]

    def _may_be_overlooked(self, blob: BlobProperties) -> bool:
        since, changed = self.state.verified_before, blob.last_modified
        if changed is None or changed >= self._before or is_folder(blob):
            return False
        return since is None or changed >= since

    def _conclude(self) -> None:
        """End the pass; if something failed, the next pass looks at the same uploads again."""
        verified = self.state.verified_before if self.state.failed else self.state.began
        self.state = SweepState(verified_before=verified)

    def _learn(self, **fields: object) -> None:
        self.state = self.state.model_copy(update=fields)


async def _start(
    blob: BlobProperties, identifier: str, *, clients: Clients, client: Orchestrations
) -> bool:
    if await asyncio.to_thread(_has_document, blob, identifier, clients):
        return False
    try:
        started = await start_upload(blob, clients=clients, client=client)
    except PermanentError as error:
        if error.code != ErrorCode.STORAGE_REJECTED:
            raise
        # A name that storage does not take in a request. To try again would help nobody, and would
        # make every later run look at all newer uploads again.
        log_event("not_mended", document_id=identifier, level=logging.WARNING, code=error.code)
        return False
    if started:
        log_event("overlooked_document_started", document_id=identifier)
    return started


def _has_document(blob: BlobProperties, identifier: str, clients: Clients) -> bool:
    """Return whether an upload has a document, or belongs to one that was sent twice.

    The mark of the start is in `work`, which may be emptied; the index and the records stay.
    """
    if start_is_noted(clients.store, identifier):
        return True
    if clients.index.get(identifier) is not None or _is_recorded(clients.store, identifier):
        return True
    return _was_sent_twice(blob, identifier, clients)


def _is_recorded(store: BlobStore, identifier: str) -> bool:
    record = RECORD.format(document_id=identifier)
    return store.properties(Container.RESULTS, record) is not None


def _was_sent_twice(blob: BlobProperties, identifier: str, clients: Clients) -> bool:
    """Return whether the API took this file as another document; else note that it is taken now.

    The sender of such a file got no answer: the app failed before. Its retry finds the receipt.
    """
    key = blob.metadata.get(RECEIPT_METADATA)
    if key is None:
        return False
    own = Receipt(request=request_for_upload(blob, clients))
    stored = Receipts(clients.store, clients.clock).keep(key, own).request
    if stored.document_id == identifier or stored.source.name != blob.name:
        return False
    mark_started(clients.store, identifier, same_as=stored.document_id)
    return True
