"""What is in a document: the original file, the text of a page, a picture of a page."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import azure.durable_functions as df
import azure.functions as func

from docflow.clients import Clients, current_clients
from docflow.contracts import Container
from docflow.errors import ErrorCode, NotFoundError, PermanentError
from docflow.models.index import IndexEntry
from docflow.models.pages import PageText
from docflow.ports import BlobProperties, BlobStore
from docflow.work.folder import WorkFolder
from triggers.intake import read_claim
from triggers.lookup import find_entry
from triggers.parameters import document_id, page_number
from triggers.problems import RequestError, problem_details
from triggers.responses import NO_STORE, attachment

blueprint = df.Blueprint()

MAX_PICTURE_PIXELS = 4_000_000
"""Enough to read a page on a screen."""


@blueprint.route(route="documents/{id}/source", methods=["GET"])
@problem_details
async def get_source(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Give the original file, to save."""
    return await asyncio.to_thread(send_source, req, clients=current_clients())


@blueprint.route(route="documents/{id}/pages/{n}", methods=["GET"])
@problem_details
async def get_page(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Give the text of a page."""
    return await asyncio.to_thread(send_page, req, clients=current_clients())


@blueprint.route(route="documents/{id}/pages/{n}/image", methods=["GET"])
@problem_details
async def get_page_image(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Give a picture of a page."""
    return await asyncio.to_thread(send_page_image, req, clients=current_clients())


def send_source(req: func.HttpRequest, *, clients: Clients) -> func.HttpResponse:
    """Send the kept copy of the original, or the upload while there is no copy yet."""
    entry = find_entry(clients, document_id(req))
    container, blob = _original(clients.store, entry)
    if blob.bytes > clients.settings.max_upload_bytes:
        raise RequestError(
            ErrorCode.TOO_LARGE_TO_SEND,
            f"The file has {blob.bytes:,} bytes; fetch it from the container {container!r}.",
        )
    content = clients.store.read(container, blob.name)
    if content is None:
        raise NotFoundError("The original file is gone.")
    accepted = WorkFolder(clients.store, entry.document_id).read_accepted()
    content_type = accepted.content_type if accepted else "application/octet-stream"
    return attachment(content, name=entry.name, content_type=content_type)


def _original(store: BlobStore, entry: IndexEntry) -> tuple[str, BlobProperties]:
    for identifier in (entry.document_id, entry.first_document_id or entry.document_id):
        kept = store.properties(Container.WORK, WorkFolder(store, identifier).path("source"))
        if kept is not None:
            return Container.WORK, kept
    claimed = read_claim(store, entry.document_id)
    if claimed is not None:
        upload = store.properties(claimed.source.container, claimed.source.name)
        if upload is not None and upload.etag == claimed.source.etag:
            return claimed.source.container, upload
    raise NotFoundError("The original file is gone.")


def send_page(req: func.HttpRequest, *, clients: Clients) -> func.HttpResponse:
    """Send the text of a page, as soon as it was read."""
    identifier, number = document_id(req), page_number(req)
    entry = find_entry(clients, identifier)
    page = _read_page(WorkFolder(clients.store, identifier), number)
    if page is None:
        raise NotFoundError(f"There is no text of page {number} of {entry.pages or 'some'} pages.")
    return func.HttpResponse(page.text, headers=NO_STORE, mimetype="text/plain")


def _read_page(folder: WorkFolder, number: int) -> PageText | None:
    recognized = folder.read_page(number)
    if recognized is not None:
        return recognized
    try:
        pages = folder.read_text_layer()
    except PermanentError:  # no page was prepared so far
        return None
    return next((page for page in pages if page.number == number), None)


def send_page_image(req: func.HttpRequest, *, clients: Clients) -> func.HttpResponse:
    """Send a picture of a page; it is made once and kept."""
    identifier, number = document_id(req), page_number(req)
    find_entry(clients, identifier)
    name = WorkFolder(clients.store, identifier).path(f"images/{number}.png")
    picture = clients.store.read(Container.WORK, name)
    if picture is None:
        picture = _render(clients, identifier, number)
        clients.store.write(Container.WORK, name, picture, content_type="image/png")
    return func.HttpResponse(picture, headers=NO_STORE, mimetype="image/png")


def _render(clients: Clients, identifier: str, number: int) -> bytes:
    folder = WorkFolder(clients.store, identifier)
    accepted = folder.read_accepted()
    if accepted is None or number > accepted.pages:
        raise NotFoundError(f"There is no picture of page {number}.")
    with tempfile.TemporaryDirectory() as where:
        file = Path(where) / "source"
        folder.download_source(file)
        return clients.parser.render(
            file,
            content_type=accepted.content_type,
            page=number,
            max_pixels=min(clients.settings.max_page_pixels, MAX_PICTURE_PIXELS),
        )
