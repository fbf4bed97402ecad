"""Inspect an uploaded file: copy it, detect its type by content, count its pages, hash it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from activities import activity
from docflow.clients import Clients
from docflow.contracts import Activity, Container, document_id_for
from docflow.errors import ErrorCode, PermanentError
from docflow.models.files import Accepted, Inspection, InspectionRequest, Refused
from docflow.ports import BlobStore, FileRefusal
from docflow.work.artefacts import INSPECTION, SOURCE
from docflow.work.folder import WorkFolder, first_with_content
from docflow.work.parse_attempts import parse_or_defer
from docflow.work.uploads import keep_upload


@activity
def inspect_document(request: InspectionRequest, clients: Clients) -> Inspection:
    """Store a copy of the upload and check whether it can be read.

    Running it twice is safe: the copy is made once, and the result depends only on its bytes.

    Returns:
        Type, pages, SHA-256 and the first document with the same bytes, or the refusal.
    """
    limit = clients.settings.max_document_bytes
    if request.source.bytes > limit:
        return _refused(request, *_too_large(request.source.bytes, limit))
    work = WorkFolder(clients.store, request.document_id)
    try:
        kept = _keep(request, work, clients.store)
    except PermanentError as error:
        if error.code != ErrorCode.BLOB_ARCHIVED:
            raise
        return _refused(request, error.code, error.message)
    if not kept:
        return _gone(request, clients.store)

    with tempfile.TemporaryDirectory(prefix="docflow-") as folder:
        file = Path(folder) / "source"
        digest = work.download_source(file)
        size = file.stat().st_size
        facts = parse_or_defer(
            work, Activity.INSPECT_DOCUMENT, lambda: clients.parser.inspect(file)
        )

    if isinstance(facts, FileRefusal):
        return _refused(request, facts.code, facts.message, facts.content_type, digest, size)
    accepted = Accepted(
        content_type=facts.content_type,
        sha256=digest,
        bytes=size,
        pages=facts.pages,
        duplicate_of=_duplicate_of(digest, request, clients.store),
    )
    work.write(INSPECTION, accepted)
    return Inspection(outcome=accepted)


def _keep(request: InspectionRequest, work: WorkFolder, store: BlobStore) -> bool:
    """Copy the source into the folder; a later attempt copies from the first attempt."""
    if work.has_source():
        return True
    if request.first_document_id is not None:
        first = WorkFolder(store, request.first_document_id)
        if work.keep_source(Container.WORK, first.path(SOURCE)):
            return True
    return keep_upload(request.source, request.document_id, store)


def _gone(request: InspectionRequest, store: BlobStore) -> Inspection:
    """Return why there are no bytes to read, with the document of the newer version if any."""
    source = request.source
    if request.kept:
        message = (
            "The copy of the file that was stored when the upload was taken is gone: the storage "
            "lost it, or somebody deleted it. Upload the file again."
        )
        return _refused(request, ErrorCode.SOURCE_LOST, message)
    newer = store.properties(source.container, source.name)
    if newer is None:
        message = "The file was deleted before it could be read. Upload it again."
        return _refused(request, ErrorCode.SOURCE_CHANGED, message)
    successor = document_id_for(source.container, source.name, newer.etag)
    message = (
        "The file was overwritten before it could be read. The newer version under the same name "
        f"is document {successor}."
    )
    return _refused(request, ErrorCode.SOURCE_CHANGED, message, successor=successor)


def _duplicate_of(digest: str, request: InspectionRequest, store: BlobStore) -> str | None:
    """Return the first document with these bytes, or None if it is an attempt of this one."""
    own = request.first_document_id or request.document_id
    first = first_with_content(store, digest, own)
    return None if first == own else first


def _too_large(size: int, limit: int) -> tuple[ErrorCode, str]:
    return (
        ErrorCode.TOO_LARGE,
        f"The file has {size:,} bytes; at most {limit:,} are accepted. Split it and upload the "
        "parts.",
    )


def _refused(
    request: InspectionRequest,
    code: ErrorCode,
    message: str,
    content_type: str | None = None,
    digest: str | None = None,
    size: int | None = None,
    successor: str | None = None,
) -> Inspection:
    return Inspection(
        outcome=Refused(
            code=code,
            message=message,
            content_type=content_type or request.source.content_type,
            sha256=digest,
            bytes=request.source.bytes if size is None else size,
            successor=successor,
        )
    )
