"""Blobs in Azure Storage.

The deployment and the local stack create the containers. A missing one is created at the first
write, so that an account that was emptied by hand works again.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

from azure.core import MatchConditions
from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from azure.storage.blob import (
    BlobClient,
    BlobLeaseClient,
    BlobServiceClient,
    BlobType,
    ContentSettings,
    StorageErrorCode,
)
from azure.storage.blob import BlobProperties as AzureBlobProperties

from docflow.adapters.azure.errors import error_code, translated
from docflow.adapters.azure.storage import STORAGE
from docflow.adapters.disk import require_room
from docflow.contracts import Container
from docflow.errors import DocflowError, ErrorCode, NotFoundError, PermanentError, TransientError
from docflow.ports import BlobKind, BlobPage, BlobProperties

LEASE_SECONDS = 15
"""The shortest lease that Azure Storage grants: after a crash of its holder it soon ends."""
LEASE_POLL_SECONDS = 0.5
COPY_POLL_SECONDS = 0.5
COPY_TIMEOUT_SECONDS = 300

MOST_LISTED = 5_000
"""Most blobs that Azure Storage returns in one page."""

ARCHIVED = (StorageErrorCode.BLOB_ARCHIVED, StorageErrorCode.BLOB_BEING_REHYDRATED)
SOURCE_CHANGED = (StorageErrorCode.SOURCE_CONDITION_NOT_MET, StorageErrorCode.CONDITION_NOT_MET)
"""Azure uses the first code, Azurite the second."""

_ARCHIVED_ADVICE = (
    "The file is in the archive tier of the storage, where it cannot be read. Change its access "
    "tier to Hot, Cool or Cold, wait until that is done (up to 15 hours), then reprocess."
)


PROBE = ".docflow-health"
"""Name of the blob that is never there: the check writes a part of it."""
_PROBE_BLOCK = "health"

ResultT = TypeVar("ResultT")


class AzureBlobStore:
    """Containers of blobs in a storage account."""

    def __init__(self, service: BlobServiceClient) -> None:
        self._service = service
        self._seen: set[Container] = set()
        """Containers that the check has written to; one of these that is missing was deleted."""

    def properties(self, container: str, name: str) -> BlobProperties | None:
        """Describe a blob; None where there is none."""
        with _translated():
            try:
                found = self._blob(container, name).get_blob_properties()
            except ResourceNotFoundError:
                return None
        return _properties(name, found)

    def read(self, container: str, name: str) -> bytes | None:
        """Read a small blob; None where there is none."""
        with _translated():
            try:
                return self._blob(container, name).download_blob().readall()
            except ResourceNotFoundError:
                return None

    def read_part(self, container: str, name: str, offset: int, length: int) -> bytes | None:
        """Read some bytes of a blob, fewer where it ends before; None where there is no blob."""
        with _translated():
            try:
                part = self._blob(container, name).download_blob(offset=offset, length=length)
                return part.readall()
            except ResourceNotFoundError:
                return None
            except HttpResponseError as error:
                if error_code(error) == StorageErrorCode.INVALID_RANGE:
                    return b""
                raise

    def write(self, container: str, name: str, content: bytes, *, content_type: str) -> str:
        """Write a blob, replacing what was there; return the new ETag without quotes."""
        blob = self._blob(container, name)
        settings = ContentSettings(content_type=content_type)

        def upload() -> str:
            answer = blob.upload_blob(content, overwrite=True, content_settings=settings)
            return _bare(answer["etag"])

        with _translated():
            return self._with_container(container, upload)

    def write_new(self, container: str, name: str, content: bytes, *, content_type: str) -> bool:
        """Write a blob only where there is none; return whether it was written."""
        blob = self._blob(container, name)
        settings = ContentSettings(content_type=content_type)

        def upload() -> bool:
            try:
                blob.upload_blob(content, overwrite=False, content_settings=settings)
            except ResourceExistsError:
                return False
            return True

        with _translated():
            return self._with_container(container, upload)

    def append(self, container: str, name: str, content: bytes, *, content_type: str) -> None:
        """Append to a blob, which is made where there is none.

        An append blob takes 50,000 appends
        (https://learn.microsoft.com/azure/storage/blobs/scalability-targets).
        """
        blob = self._blob(container, name)

        def create() -> None:
            settings = ContentSettings(content_type=content_type)
            missing = MatchConditions.IfMissing
            with suppress(ResourceExistsError):  # made by somebody else in between is as good
                blob.create_append_blob(settings, match_condition=missing)

        with _translated():
            try:
                blob.append_block(content)
            except ResourceNotFoundError:
                self._with_container(container, create)
                blob.append_block(content)

    def upload(self, container: str, name: str, file: Path, *, content_type: str) -> str:
        """Write a blob from a file in bounded memory; return the new ETag without quotes."""
        blob = self._blob(container, name)
        settings = ContentSettings(content_type=content_type)

        def upload() -> str:
            with file.open("rb") as stream:
                answer = blob.upload_blob(stream, overwrite=True, content_settings=settings)
            return _bare(answer["etag"])

        with _translated():
            return self._with_container(container, upload)

    def upload_new(
        self,
        container: str,
        name: str,
        file: Path,
        *,
        content_type: str,
        metadata: Mapping[str, str],
    ) -> bool:
        """Write a blob from a file only where there is none; return whether it was written."""
        blob = self._blob(container, name)
        settings = ContentSettings(content_type=content_type)

        def upload() -> bool:
            try:
                with file.open("rb") as stream:
                    blob.upload_blob(
                        stream,
                        overwrite=False,
                        content_settings=settings,
                        metadata=dict(metadata),
                    )
            except ResourceExistsError:
                return False
            return True

        with _translated():
            return self._with_container(container, upload)

    def download(self, container: str, name: str, file: Path) -> str | None:
        """Write a blob to a file in bounded memory; return its SHA-256, None without a blob."""
        digest = hashlib.sha256()
        with _translated():
            try:
                found = self._blob(container, name).download_blob()
            except ResourceNotFoundError:
                return None
            require_room(file.parent, found.size)
            with file.open("wb") as stream:
                for piece in found.chunks():
                    digest.update(piece)
                    stream.write(piece)
        return digest.hexdigest()

    def copy(
        self,
        source: tuple[str, str],
        target: tuple[str, str],
        *,
        if_etag: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> str | None:
        """Copy (container, name) inside the account, without passing through this process.

        The storage service authorizes the read of the source by the request itself, since source
        and target are in one account. Returns the ETag of the copy; None where the source is gone
        or changed.
        """
        blob = self._blob(*target)
        url = self._blob(*source).url
        condition: dict[str, Any] = {} if metadata is None else {"metadata": dict(metadata)}
        if if_etag is not None:
            condition["source_etag"] = _quoted(if_etag)
            condition["source_match_condition"] = MatchConditions.IfNotModified
        with _translated():
            try:
                begun = self._with_container(
                    target[0], lambda: blob.start_copy_from_url(url, **condition)
                )
            except ResourceNotFoundError:
                return None
            except HttpResponseError as error:
                if error_code(error) in SOURCE_CHANGED:
                    return None
                raise
            return _etag_of_copy(blob, begun)

    def delete(self, container: str, name: str) -> bool:
        """Delete a blob; return whether there was one."""
        with _translated():
            try:
                self._blob(container, name).delete_blob(delete_snapshots="include")
            except ResourceNotFoundError:
                return False
        return True

    def list(self, container: str, prefix: str) -> Iterator[str]:
        """Return the names under a prefix in ascending order."""
        with _translated():
            try:
                blobs = self._service.get_container_client(container)
                yield from blobs.list_blob_names(name_starts_with=prefix)
            except ResourceNotFoundError:
                return

    def list_older(self, container: str, prefix: str, before: datetime) -> Iterator[str]:
        """Return those names under a prefix that were last written before a moment."""
        with _translated():
            try:
                blobs = self._service.get_container_client(container)
                for found in blobs.list_blobs(name_starts_with=prefix):
                    if found.last_modified < before:
                        yield found.name
            except ResourceNotFoundError:
                return

    def list_page(
        self, container: str, *, continuation: str | None = None, limit: int = MOST_LISTED
    ) -> BlobPage:
        """Return one page of a container's blobs with their properties."""
        with _translated():
            blobs = self._service.get_container_client(container)
            listed = blobs.list_blobs(include=["metadata"], results_per_page=limit)
            # An iterator of pages that knows the token of the next one, typed as any iterator.
            pages: Any = listed.by_page(continuation_token=continuation)
            try:
                found = [_properties(each.name, each) for each in next(pages, ())]
            except ResourceNotFoundError:
                return BlobPage([])
            return BlobPage(found, pages.continuation_token or None)

    def lease(
        self, container: str, name: str, *, wait_seconds: float
    ) -> AbstractContextManager[None]:
        """Hold an existing blob exclusively for at most 15 s; others wait at most `wait_seconds`.

        Where this process crashes, the lease expires. While it lasts, no one can write or delete
        the blob, not even the holder (`LEASE_TAKEN`): it is a lock that guards other work.
        """
        return _held(self._blob(container, name), wait_seconds)

    def check(self) -> None:
        """Raise where a container is missing or cannot be written; the message names them.

        A block is written that is never committed: it makes no blob, so that no trigger sees it and
        no listing shows it, takes the place of the one before, and is dropped after a week.
        In a new account the first check makes the containers, as the first write does.
        """
        with ThreadPoolExecutor(len(Container)) as pool, _translated():
            found = list(pool.map(self._write_probe, Container))
        for code, problem in _PROBLEMS.items():
            names = ", ".join(
                name for name, seen in zip(Container, found, strict=True) if seen is code
            )
            if names:
                raise problem(names)

    def _write_probe(self, container: Container) -> ErrorCode | None:
        """Write to a container; return what keeps it from that."""
        blob = self._blob(container, PROBE)

        def write() -> None:
            blob.stage_block(_PROBE_BLOCK, b"probe")

        try:
            if container in self._seen:
                write()
            else:
                self._with_container(container, write)
        except ResourceNotFoundError:
            return ErrorCode.CONTAINER_MISSING
        except HttpResponseError as error:
            if (error.status_code or 0) < HTTPStatus.INTERNAL_SERVER_ERROR:
                raise
            return ErrorCode.STORAGE_NOT_WRITABLE
        self._seen.add(container)
        return None

    def _blob(self, container: str, name: str) -> BlobClient:
        if {".", ".."} & set(name.split("/")):
            # An HTTP client resolves them, and the request would name another blob.
            raise PermanentError(
                ErrorCode.STORAGE_REJECTED, "A blob's name may not hold '.' or '..'."
            )
        return self._service.get_blob_client(str(container), name)

    def _with_container(self, container: str, act: Callable[[], ResultT]) -> ResultT:
        """Call a function; where the container is missing, create it and call again."""
        try:
            return act()
        except ResourceNotFoundError as error:
            if error_code(error) != StorageErrorCode.CONTAINER_NOT_FOUND:
                raise
        with suppress(ResourceExistsError):  # another process created it in between
            self._service.create_container(container)
        return act()


def _missing(names: str) -> DocflowError:
    return PermanentError(
        ErrorCode.CONTAINER_MISSING, f"These containers are missing: {names}. Create them again."
    )


def _not_writable(names: str) -> DocflowError:
    return TransientError(
        ErrorCode.STORAGE_NOT_WRITABLE,
        f"Azure Storage answers, but does not write to these containers: {names}.",
    )


_PROBLEMS: Mapping[ErrorCode, Callable[[str], DocflowError]] = {
    ErrorCode.STORAGE_NOT_WRITABLE: _not_writable,
    ErrorCode.CONTAINER_MISSING: _missing,
}


@contextmanager
def _translated() -> Iterator[None]:
    with translated(STORAGE):
        try:
            yield
        except HttpResponseError as error:
            if error_code(error) == StorageErrorCode.LEASE_ID_MISSING:
                raise _lease_taken() from error
            if error_code(error) in ARCHIVED:
                raise PermanentError(ErrorCode.BLOB_ARCHIVED, _ARCHIVED_ADVICE) from error
            raise


def _properties(name: str, found: AzureBlobProperties) -> BlobProperties:
    return BlobProperties(
        name=name,
        etag=_bare(found.etag),
        bytes=found.size,
        content_type=found.content_settings.content_type or "application/octet-stream",
        metadata={key.lower(): value for key, value in (found.metadata or {}).items()},
        kind=_KINDS.get(BlobType(found.blob_type), BlobKind.BLOCK),
        created_at=found.creation_time,
        last_modified=found.last_modified,
        content_md5=bytes(found.content_settings.content_md5 or b"").hex() or None,
        archived=found.blob_tier == "Archive" or bool(found.archive_status),
    )


_KINDS = {BlobType.APPENDBLOB: BlobKind.APPEND, BlobType.PAGEBLOB: BlobKind.PAGE}


def _bare(etag: str | None) -> str:
    return (etag or "").strip('"')


def _quoted(etag: str) -> str:
    return f'"{_bare(etag)}"'


def _etag_of_copy(blob: BlobClient, begun: Mapping[str, Any]) -> str:
    """Return the ETag of a copy when it is done; inside one account it nearly always is at once.

    A copy that was still under way gets another ETag at its end. If another copy has replaced it by
    then, its ETag is not known any more.
    """
    if begun["copy_status"] == "success":
        return _bare(begun["etag"])
    deadline = time.monotonic() + COPY_TIMEOUT_SECONDS
    while True:
        found = blob.get_blob_properties()
        status = found.copy.status if found.copy.id == begun["copy_id"] else "replaced"
        if status == "success":
            return _bare(found.etag)
        if status != "pending" or time.monotonic() > deadline:
            raise TransientError(
                ErrorCode.STORAGE_UNAVAILABLE, f"A copy of a blob ended as {status!r}."
            )
        time.sleep(COPY_POLL_SECONDS)


@contextmanager
def _held(blob: BlobClient, wait_seconds: float) -> Iterator[None]:
    with _translated():
        lease = _acquire(blob, time.monotonic() + wait_seconds)
    try:
        yield
    finally:
        with suppress(AzureError):  # it has expired, or will
            lease.release()


def _acquire(blob: BlobClient, deadline: float) -> BlobLeaseClient:
    while True:
        try:
            return blob.acquire_lease(lease_duration=LEASE_SECONDS)
        except ResourceNotFoundError as error:
            raise NotFoundError(f"There is no blob {blob.blob_name!r} to lease.") from error
        except HttpResponseError as error:
            if error_code(error) != StorageErrorCode.LEASE_ALREADY_PRESENT:
                raise
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise _lease_taken() from error
            time.sleep(min(LEASE_POLL_SECONDS, remaining))


def _lease_taken() -> TransientError:
    return TransientError(ErrorCode.LEASE_TAKEN, "Somebody else holds this blob; try again later.")
