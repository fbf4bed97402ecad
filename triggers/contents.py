"""Routes for the contents of a document: the original file, texts and pictures of pages."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import azure.functions as func

from docflow.clients import Clients
from docflow.contracts import Container
from docflow.errors import ErrorCode, NotFoundError, PermanentError
from docflow.models.index import IndexEntry
from docflow.models.outputs import StoredSummary
from docflow.models.pages import PageText
from docflow.policy.quote_boxes import boxes_of
from docflow.ports import BlobProperties, BlobStore
from docflow.work.artefacts import (
    INSPECTION,
    PAGE,
    PAGE_IMAGE,
    SOURCE,
    SUMMARY,
    TEXT_LAYER,
    TRANSCRIPT,
    PageLines,
)
from docflow.work.folder import WorkFolder
from triggers.intake import read_claim
from triggers.lookup import find_entry
from triggers.parameters import document_id, page_number
from triggers.problems import RequestError
from triggers.registry import route
from triggers.responses import NO_STORE, attachment, json_response

MAX_PICTURE_PIXELS = 4_000_000
"""Largest picture of a page, in pixels; enough to read the page on a screen."""


@route("GET", "documents/{id}/source")
def get_source(req: func.HttpRequest, *, clients: Clients) -> func.HttpResponse:
    """Return the copy of the original file, or the upload if there is no copy yet."""
    entry = find_entry(clients, document_id(req))
    container, blob = _original(clients.store, entry)
    if blob.bytes > clients.settings.max_upload_bytes:
        raise RequestError(
            ErrorCode.TOO_LARGE_TO_SEND,
            f"The file has {blob.bytes:,} bytes. Download it from the container {container!r}.",
        )
    content = clients.store.read(container, blob.name)
    if content is None:
        raise NotFoundError("The original file is gone.")
    accepted = WorkFolder(clients.store, entry.document_id).read(INSPECTION)
    content_type = accepted.content_type if accepted else "application/octet-stream"
    return attachment(content, name=entry.name, content_type=content_type)


def _original(store: BlobStore, entry: IndexEntry) -> tuple[str, BlobProperties]:
    for identifier in (entry.document_id, entry.first_document_id or entry.document_id):
        kept = store.properties(Container.WORK, WorkFolder(store, identifier).path(SOURCE))
        if kept is not None:
            return Container.WORK, kept
    claimed = read_claim(store, entry.document_id)
    if claimed is not None:
        upload = store.properties(claimed.source.container, claimed.source.name)
        if upload is not None and upload.etag == claimed.source.etag:
            return claimed.source.container, upload
    raise NotFoundError("The original file is gone.")


@route("GET", "documents/{id}/pages/{n}")
def get_page(req: func.HttpRequest, *, clients: Clients) -> func.HttpResponse:
    """Return the text of a page after the page was read.

    For a caller that accepts JSON, also return where the quotes of the summary stand on the picture
    of the page.
    """
    identifier, number = document_id(req), page_number(req)
    entry = find_entry(clients, identifier)
    work = WorkFolder(clients.store, identifier)
    page = _read_page(work, number)
    if page is None:
        raise NotFoundError(_no_text(number, entry.pages))
    if "application/json" in req.headers.get("Accept", ""):
        quotes = _quotes_on(page, work.read(SUMMARY))
        return json_response({"number": number, "text": page.text, "quotes": quotes})
    return func.HttpResponse(page.text, headers=NO_STORE, mimetype="text/plain")


def _quotes_on(page: PageText, summary: StoredSummary | None) -> list[dict[str, Any]]:
    """Return the quotes of a page with their boxes: a box is a word, in shares of the page.

    A quote of a page that needed no OCR has no boxes: the words of text layers have no places.
    """
    bullets = summary.answer.bullets if summary else []
    return [
        {
            "bullet": position,
            "quote": bullet.quote,
            "boxes": [
                asdict(box)
                for box in boxes_of(bullet.quote, page.words, width=page.width, height=page.height)
            ],
        }
        for position, bullet in enumerate(bullets, start=1)
        if bullet.page == page.number
    ]


def _no_text(number: int, pages: int | None) -> str:
    known = "" if pages is None else f"; the document has {pages} pages"
    return f"There is no text of page {number}{known}."


def _read_page(folder: WorkFolder, number: int) -> PageText | None:
    """Return a page: its text as assembled if it was, with the words that OCR found on it."""
    recognized = folder.read(PAGE, page=number)
    assembled = _stored_page(folder, TRANSCRIPT, number)
    if recognized is not None and assembled is not None:
        return recognized.model_copy(update={"text": assembled.text})
    return recognized or assembled or _stored_page(folder, TEXT_LAYER, number)


def _stored_page(folder: WorkFolder, pages: PageLines, number: int) -> PageText | None:
    try:
        return next(iter(folder.read_pages(pages, str(number))), None)
    except PermanentError:  # they were not stored yet
        return None


@route("GET", "documents/{id}/pages/{n}/image")
def get_page_image(req: func.HttpRequest, *, clients: Clients) -> func.HttpResponse:
    """Return a picture of a page; it is rendered once and stored."""
    identifier, number = document_id(req), page_number(req)
    find_entry(clients, identifier)
    name = WorkFolder(clients.store, identifier).path(PAGE_IMAGE.format(page=number))
    picture = clients.store.read(Container.WORK, name)
    if picture is None:
        picture = _render(clients, identifier, number)
        clients.store.write(Container.WORK, name, picture, content_type="image/png")
    return func.HttpResponse(picture, headers=NO_STORE, mimetype="image/png")


def _render(clients: Clients, identifier: str, number: int) -> bytes:
    folder = WorkFolder(clients.store, identifier)
    accepted = folder.read(INSPECTION)
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
