"""Checks an uploaded file: kept, recognized by content, counted, hashed."""

from __future__ import annotations

import tempfile
from pathlib import Path

import azure.durable_functions as df

from activities.registration import perform
from docflow.clients import Clients
from docflow.contracts import Activity, Container
from docflow.errors import ErrorCode
from docflow.models.files import Accepted, Inspection, InspectionRequest, Refused
from docflow.ports import BlobStore, FileRefusal
from docflow.work.folder import TEXT_TYPE, WorkFolder, content_marker
from docflow.work.parse_attempts import parse_patiently

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="payload")
def inspect_document(payload: dict) -> dict:
    """Activity: see `inspect`."""
    return perform(Activity.INSPECT_DOCUMENT, payload, InspectionRequest, inspect)


def inspect(request: InspectionRequest, clients: Clients) -> Inspection:
    """Keep a copy of the upload and find out whether it can be read.

    Gives what it is (type, pages, SHA-256, the first document with the same bytes), or why it is
    refused. Running it twice is safe: the copy is made once, and what is found depends on its
    bytes alone.
    """
    limit = clients.settings.max_document_bytes
    if request.source.bytes > limit:
        return _refused(request, *_too_large(request.source.bytes, limit))
    work = WorkFolder(clients.store, request.document_id)
    if not _keep(request, work, clients.store):
        return _refused(
            request,
            ErrorCode.SOURCE_CHANGED,
            "The file was overwritten or deleted before it could be read. A newer version is "
            "processed as a document of its own; otherwise upload the file again.",
        )

    with tempfile.TemporaryDirectory(prefix="docflow-") as folder:
        file = Path(folder) / "source"
        digest = work.download_source(file)
        size = file.stat().st_size
        facts = parse_patiently(
            work, Activity.INSPECT_DOCUMENT, lambda: clients.parser.inspect(file)
        )

    if isinstance(facts, FileRefusal):
        return _refused(request, facts.code, facts.message, facts.content_type, digest, size)
    accepted = Accepted(
        content_type=facts.content_type,
        sha256=digest,
        bytes=size,
        pages=facts.pages,
        duplicate_of=_first_with(digest, request, clients.store),
    )
    work.write_accepted(accepted)
    return Inspection(outcome=accepted)


def _keep(request: InspectionRequest, work: WorkFolder, store: BlobStore) -> bool:
    """Copy the source where nobody changes it; a later attempt takes the copy of the first."""
    if store.properties(Container.WORK, work.path("source")) is not None:
        return True
    if request.first_document_id is not None:
        first = WorkFolder(store, request.first_document_id)
        kept = (Container.WORK, first.path("source"))
        if store.copy(kept, (Container.WORK, work.path("source"))):
            return True
    return work.keep_source(request.source.container, request.source.name, request.source.etag)


def _first_with(digest: str, request: InspectionRequest, store: BlobStore) -> str | None:
    """Give the first document with these bytes, unless it is this one or an attempt at it."""
    own = request.first_document_id or request.document_id
    marker = content_marker(digest)
    if store.write_new(Container.WORK, marker, own.encode(), content_type=TEXT_TYPE):
        return None
    first = (store.read(Container.WORK, marker) or own.encode()).decode()
    return None if first == own else first


def _too_large(size: int, limit: int) -> tuple[ErrorCode, str]:
    return (
        ErrorCode.TOO_LARGE,
        f"The file has {size:,} bytes, more than the {limit:,} that are taken. Split it and "
        "upload the parts.",
    )


def _refused(
    request: InspectionRequest,
    code: ErrorCode,
    message: str,
    content_type: str | None = None,
    digest: str | None = None,
    size: int | None = None,
) -> Inspection:
    return Inspection(
        outcome=Refused(
            code=code,
            message=message,
            content_type=content_type or request.source.content_type,
            sha256=digest,
            bytes=request.source.bytes if size is None else size,
        )
    )
