"""Copies of uploads: made when an upload is taken, and told apart from what came later.

A blob in `incoming` belongs to its sender, who may overwrite it, append to it, or change its
metadata at any moment. Each change gives it another ETag.
"""

from __future__ import annotations

import hashlib

from docflow.contracts import Container
from docflow.models.documents import LastUpload, Source
from docflow.ports import BlobProperties, BlobStore
from docflow.work.artefacts import LAST_UPLOAD, SOURCE, STARTED
from docflow.work.folder import WorkFolder, read_artefact, write_artefact

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
