"""Copies of uploads: made when an upload is taken, and told apart from what came later.

A blob in `incoming` belongs to its sender, who may overwrite it, append to it, or change its
metadata at any moment. Each change gives it another ETag.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from docflow.contracts import Container, document_id_for
from docflow.errors import ErrorCode
from docflow.models.documents import LastUpload, Source
from docflow.models.files import Refused
from docflow.ports import BlobKind, BlobProperties, BlobStore
from docflow.work.artefacts import LAST_UPLOAD, SOURCE, STARTED
from docflow.work.folder import WorkFolder, read_artefact, write_artefact

SETTLED_AFTER = timedelta(seconds=30)
"""What did not change for so long has come to rest: a blob that is written bit by bit is complete,
and the start of a document is over. With an upkeep every minute, and some time for a new host to
start, what a dead host held is started within two minutes."""

_PIECE_BYTES = 4 * 1024 * 1024


def keep_upload(source: Source, document_id: str, store: BlobStore) -> bool:
    """Copy an upload into the folder of its document, if it still has the bytes of its document.

    Returns:
        Whether the copy is there.

    Raises:
        PermanentError: code `BLOB_ARCHIVED`, the bytes cannot be read now.
    """
    work = WorkFolder(store, document_id)
    if work.keep_source(source.container, source.name, source.etag) or work.has_source():
        return True
    now = store.properties(source.container, source.name)
    if now is None or not _is_known_to_be_same(source, now):
        return False
    return work.keep_source(source.container, source.name, now.etag)


def is_at_rest(upload: BlobProperties, now: datetime) -> bool:
    """Return whether an upload is complete: written at once, or not changed for half a minute."""
    if upload.kind is BlobKind.BLOCK or upload.last_modified is None:
        return True
    return upload.last_modified <= now - SETTLED_AFTER


def growth_of(source: Source, document_id: str, store: BlobStore, now: datetime) -> Refused | None:
    """Return the refusal of an upload that went on growing after it was read, or None.

    It grew if the blob has another ETag and more bytes, and begins with the bytes that were read.
    A blob that was overwritten by another file begins differently; its document stays as it is.
    """
    upload = store.properties(source.container, source.name)
    if upload is None or upload.etag == source.etag or upload.bytes <= source.bytes:
        return None
    work = WorkFolder(store, document_id)
    read = digest_of(store, Container.WORK, work.path(SOURCE), source.bytes)
    if read != digest_of(store, source.container, source.name, source.bytes):
        return None
    successor, newer = None, "A document is made of all of it when it has come to rest."
    if is_at_rest(upload, now):
        successor = document_id_for(source.container, source.name, upload.etag)
        newer = f"All of it is document {successor}."
    return Refused(
        code=ErrorCode.SOURCE_CHANGED,
        message=f"The file went on growing after its first {source.bytes:,} bytes were read. "
        + newer,
        content_type=source.content_type,
        bytes=source.bytes,
        successor=successor,
    )


def document_of_same_upload(upload: Source, store: BlobStore) -> str | None:
    """Return the id of the document whose upload this is, if only its metadata changed since then.

    A program that writes the same bytes anew creates the blob anew.
    """
    last = read_artefact(store, LAST_UPLOAD, key=_key(upload))
    if last is None or last.source.etag == upload.etag or not _may_be_same(last.source, upload):
        return None
    work = WorkFolder(store, last.document_id)
    if not work.has_source():
        return None
    if upload.content_md5 is None:
        kept = digest_of(store, Container.WORK, work.path(SOURCE), upload.bytes)
        if kept != digest_of(store, upload.container, upload.name, upload.bytes):
            return None
    return last.document_id


def remember_upload(upload: Source, document_id: str, store: BlobStore) -> None:
    """Note that this is the last upload of its name."""
    last = LastUpload(document_id=document_id, source=upload)
    write_artefact(store, LAST_UPLOAD, last, key=_key(upload))


def start_is_noted(store: BlobStore, document_id: str) -> bool:
    """Return whether nothing is to be started under an id any more: one request."""
    path = WorkFolder(store, document_id).path(STARTED.path)
    return store.properties(Container.WORK, path) is not None


def digest_of(store: BlobStore, container: str, name: str, length: int) -> str:
    """Return the SHA-256, in hex, of the first bytes of a blob; reads it in pieces."""
    digest = hashlib.sha256()
    for offset in range(0, length, _PIECE_BYTES):
        size = min(_PIECE_BYTES, length - offset)
        digest.update(store.read_part(container, name, offset, size) or b"")
    return digest.hexdigest()


def _key(upload: Source) -> str:
    return hashlib.sha256(f"{upload.container}\n{upload.name}".encode()).hexdigest()


def _is_known_to_be_same(source: Source, now: BlobProperties) -> bool:
    current = source.model_copy(update={"created_at": now.created_at, "bytes": now.bytes})
    known = now.content_md5 is not None and now.content_md5 == source.content_md5
    return known and _may_be_same(source, current)


def _may_be_same(one: Source, other: Source) -> bool:
    return one.created_at is not None and (one.created_at, one.bytes, one.content_md5) == (
        other.created_at,
        other.bytes,
        other.content_md5,
    )
