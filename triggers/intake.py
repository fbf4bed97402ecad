"""Start documents: one orchestration for each upload, even if the upload is delivered repeatedly.

The Durable extension restarts an ended instance of the same id without an error and fails for an
active one, and two deliveries may come at the same time. So a claim blob, a lease on it and a
marker blob ensure that only one delivery starts the orchestration. If the app crashes between two
steps, the next delivery completes the start.

The upload is copied before its document is started, so that whatever happens to it afterwards
changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from datetime import datetime
from typing import Any, Literal, Protocol

from docflow.clients import Clients
from docflow.contracts import (
    FOLDER_METADATA,
    WORKFLOW_VERSION,
    Container,
    Orchestrator,
    attempt_id_for,
    document_id_for,
)
from docflow.errors import ConflictError, ErrorCode, NotFoundError, PermanentError, TransientError
from docflow.models.documents import DocumentRequest, FlowSettings, Source, StartMark
from docflow.models.facts import DocumentFacts
from docflow.models.index import IndexEntry
from docflow.models.states import Status
from docflow.policy.attachment_names import parent_of
from docflow.ports import BlobProperties, BlobStore
from docflow.telemetry import log_event
from docflow.work.artefacts import CLAIM, STARTED
from docflow.work.folder import WorkFolder
from docflow.work.uploads import (
    document_of_same_upload,
    keep_upload,
    remember_upload,
    start_is_noted,
)

LEASE_WAIT_SECONDS = 30
"""How long a delivery waits while another delivery starts the same document.

This is twice the duration of a lease. If a host crashes, its lease ends while the next delivery
waits, so that this delivery does not fail. A blob message has only a few tries."""

START_SECONDS = 12
"""Longest time for a start; less than the 15 s after which the lease ends."""

_LEASE_PAUSE_SECONDS = 0.2
_ENDED = frozenset({"Completed", "Failed", "Terminated", "Canceled"})


class InstanceStatus(Protocol):
    """The status of an instance from the durable client; false if there is no instance."""

    @property
    def runtime_status(self) -> Any:  # noqa: ANN401 - an enum of the SDK
        """Return the runtime status of the instance."""

    @property
    def custom_status(self) -> Any:  # noqa: ANN401 - what the orchestration set
        """Return the custom status of the orchestration."""

    def __bool__(self) -> bool:
        """Return whether there is an instance."""


class Orchestrations(Protocol):
    """The part of the durable client that triggers use."""

    async def get_status(self, instance_id: str, show_history: bool = False) -> InstanceStatus:
        """Return the status of an instance, with its history if asked for."""

    async def start_new(
        self,
        orchestration_function_name: str,
        instance_id: str,
        client_input: Any,  # noqa: ANN401 - any JSON value
    ) -> str:
        """Start an instance; it replaces an ended one of the same id."""

    async def raise_event(
        self,
        instance_id: str,
        event_name: str,
        event_data: Any,  # noqa: ANN401 - any JSON value
    ) -> None:
        """Send an external event to an instance."""


def first_attempt(
    source: Source,
    *,
    received_at: datetime,
    via: Literal["blob", "http"],
    flow: FlowSettings,
    kept: bool = False,
) -> DocumentRequest:
    """Return the request for the first attempt at an upload; `kept` says that its copy is made."""
    return DocumentRequest(
        document_id=document_id_for(source.container, source.name, source.etag),
        source=source,
        received_at=received_at,
        via=via,
        kept=kept,
        flow=flow,
    )


def request_for_upload(properties: BlobProperties, clients: Clients) -> DocumentRequest:
    """Make the request to process a file that was dropped into `incoming`."""
    source = Source(
        container=Container.INCOMING,
        name=properties.name,
        etag=properties.etag,
        bytes=properties.bytes,
        content_type=properties.content_type,
        parent=parent_of(properties.metadata),
        created_at=properties.created_at,
        content_md5=properties.content_md5,
    )
    now, flow = clients.clock.now(), clients.settings.flow()
    return first_attempt(source, received_at=now, via="blob", flow=flow)


def is_folder(properties: BlobProperties) -> bool:
    """Return whether an upload is what some tools and file systems write for a folder."""
    marked = properties.metadata.get(FOLDER_METADATA, "").lower() == "true"
    return marked or properties.name.endswith("/")


async def start_upload(
    properties: BlobProperties, *, clients: Clients, client: Orchestrations
) -> bool:
    """Start the document of an upload; where only metadata changed, it is the one there is.

    Returns:
        Whether this call started a document.

    Raises:
        TransientError: as `start_document`.
    """
    request = request_for_upload(properties, clients)
    same = await asyncio.to_thread(document_of_same_upload, request.source, clients.store)
    if same is not None:
        await asyncio.to_thread(mark_started, clients.store, request.document_id, same_as=same)
        log_event("metadata_changed", document_id=same)
        return False
    started = await start_document(request, clients=clients, client=client)
    event = "document_started" if started else "document_started_before"
    log_event(event, document_id=request.document_id, via="blob", bytes=properties.bytes)
    return started


def received_entry(request: DocumentRequest) -> IndexEntry:
    """Return the first index entry of a document."""
    return IndexEntry.of(DocumentFacts.at_first(request, WORKFLOW_VERSION))


def read_claim(store: BlobStore, document_id: str) -> DocumentRequest | None:
    """Return the request in the claim of a document, or None if there is no claim."""
    return WorkFolder(store, document_id).read(CLAIM)


async def start_document(
    request: DocumentRequest, *, clients: Clients, client: Orchestrations
) -> bool:
    """Start the orchestration of a document, unless it was started before.

    A repeated delivery uses the request of the first one, so that times and settings are the same.
    An upload that changed before it could be copied is started too: its record says so.

    Returns:
        Whether this delivery started the orchestration.

    Raises:
        TransientError: another delivery is starting it, or a service is down; deliver again.
    """
    document_id, store = request.document_id, clients.store
    if await asyncio.to_thread(start_is_noted, store, document_id):
        return False
    claimed = await asyncio.to_thread(_claim, request, clients)
    async with _sole_starter(store, document_id):
        if await asyncio.to_thread(start_is_noted, store, document_id):
            return False
        known = bool(await instance_status(client, document_id))
        if not known:
            await asyncio.to_thread(clients.index.put, received_entry(claimed))
            with durable_failures():
                await client.start_new(Orchestrator.PROCESS_DOCUMENT, document_id, claimed.dump())
        await asyncio.to_thread(mark_started, store, document_id)
        return not known


async def start_next_attempt(
    document_id: str, *, clients: Clients, client: Orchestrations
) -> DocumentRequest:
    """Start the next attempt at an upload; `document_id` may be the id of any attempt.

    Raises:
        NotFoundError: there is no such document.
        ConflictError: its last attempt still runs, or the uploaded file is gone.
    """
    last = await asyncio.to_thread(_last_attempt, clients.store, document_id)
    if not await asyncio.to_thread(start_is_noted, clients.store, last.document_id):
        await start_document(last, clients=clients, client=client)
        return last
    status = await instance_status(client, last.document_id)
    running = status and not has_ended(status)
    if running and not await asyncio.to_thread(_is_concluded, clients, last.document_id):
        raise ConflictError(
            ErrorCode.ATTEMPT_RUNNING,
            f"Attempt {last.attempt} of this document has not ended yet. Wait for its end.",
        )
    request = _following_attempt(last, clients)
    if not await asyncio.to_thread(_has_source, clients.store, request):
        raise ConflictError(
            ErrorCode.SOURCE_GONE, "The uploaded file is no longer stored. Upload it again."
        )
    await start_document(request, clients=clients, client=client)
    return request


async def instance_status(client: Orchestrations, document_id: str) -> InstanceStatus:
    """Return the status of a document's instance."""
    with durable_failures():
        return await client.get_status(document_id)


def runtime_status(status: InstanceStatus) -> str:
    """Return the name of the runtime status of an instance."""
    return str(getattr(status.runtime_status, "value", status.runtime_status))


def has_ended(status: InstanceStatus) -> bool:
    """Return whether an instance has ended, with or without an error."""
    return runtime_status(status) in _ENDED


@contextmanager
def durable_failures() -> Iterator[None]:
    """Turn exceptions of the durable client, which are plain `Exception`, into TransientError."""
    try:
        yield
    except Exception as error:
        raise TransientError(
            ErrorCode.ORCHESTRATION_UNAVAILABLE,
            "The durable backend did not carry out the request. Try again.",
        ) from error


def mark_started(store: BlobStore, document_id: str, *, same_as: str | None = None) -> None:
    """Note that nothing is to be started under an id any more.

    Args:
        store: of the mark. It is a separate blob: the claim has a lease, so that a write to it
            would be refused.
        document_id: the id.
        same_as: id of the document that has the same upload, if this id gets no document.
    """
    WorkFolder(store, document_id).write_new(STARTED, StartMark(same_as=same_as))


def _claim(request: DocumentRequest, clients: Clients) -> DocumentRequest:
    """Claim a document and copy its upload; return the request of the first claim."""
    store, document_id = clients.store, request.document_id
    claimed = request
    if not WorkFolder(store, document_id).write_new(CLAIM, request):
        claimed = read_claim(store, document_id) or request
    if claimed.attempt > 1:
        return claimed
    remember_upload(claimed.source, document_id, store)
    kept = request.kept or claimed.kept or _keep(claimed.source, document_id, clients)
    return claimed.model_copy(update={"kept": kept})


def _keep(source: Source, document_id: str, clients: Clients) -> bool:
    if source.bytes > clients.settings.max_document_bytes:
        return False
    try:
        return keep_upload(source, document_id, clients.store)
    except PermanentError as error:
        if error.code == ErrorCode.BLOB_ARCHIVED:
            return False
        raise


@asynccontextmanager
async def _sole_starter(store: BlobStore, document_id: str) -> AsyncIterator[None]:
    """Hold the lease on the claim while the block runs, for at most `START_SECONDS`."""
    with_lease = ExitStack()
    await _take_lease(store, WorkFolder(store, document_id).path(CLAIM.path), with_lease)
    try:
        async with asyncio.timeout(START_SECONDS):
            yield
    except TimeoutError as error:
        raise TransientError(
            ErrorCode.START_TIMED_OUT, "The start of the document took too long. Try again."
        ) from error
    finally:
        await asyncio.to_thread(with_lease.close)


async def _take_lease(store: BlobStore, name: str, held: ExitStack) -> None:
    """Wait for the lease without a blocked thread, which the current holder may need."""
    now = asyncio.get_running_loop().time
    deadline = now() + LEASE_WAIT_SECONDS
    while True:
        lease = store.lease(Container.WORK, name, wait_seconds=0)
        try:
            await asyncio.to_thread(held.enter_context, lease)
        except TransientError as error:
            if error.code != ErrorCode.LEASE_TAKEN or now() > deadline:
                raise
        else:
            return
        await asyncio.sleep(_LEASE_PAUSE_SECONDS)


def _last_attempt(store: BlobStore, document_id: str) -> DocumentRequest:
    last = read_claim(store, document_id)
    if last is None:
        raise NotFoundError(f"There is no document {document_id!r}.")
    first_id = last.first_document_id or last.document_id
    while following := read_claim(store, attempt_id_for(first_id, last.attempt + 1)):
        last = following
    return last


def _following_attempt(last: DocumentRequest, clients: Clients) -> DocumentRequest:
    first_id = last.first_document_id or last.document_id
    attempt = last.attempt + 1
    return DocumentRequest(
        document_id=attempt_id_for(first_id, attempt),
        source=last.source,
        received_at=clients.clock.now(),
        via="reprocess",
        attempt=attempt,
        first_document_id=first_id,
        flow=clients.settings.flow(),
    )


def _is_concluded(clients: Clients, document_id: str) -> bool:
    """Return whether the end of a document is final, even if its instance still announces it.

    A publication is not final while the instance runs, because it may be undone.
    """
    entry = clients.index.get(document_id)
    return entry is not None and entry.status.ended and entry.status is not Status.PUBLISHED


def _has_source(store: BlobStore, request: DocumentRequest) -> bool:
    first_id = request.first_document_id or request.document_id
    if WorkFolder(store, first_id).has_source():
        return True
    upload = store.properties(request.source.container, request.source.name)
    return upload is not None and upload.etag == request.source.etag
