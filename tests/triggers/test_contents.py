from __future__ import annotations

from collections.abc import Callable
from typing import Any

import azure.functions as func
import pytest

from docflow.clients import Clients
from docflow.contracts import Container
from docflow.models.documents import DocumentRequest, Source
from docflow.models.files import Accepted
from docflow.models.index import IndexEntry
from docflow.models.outputs import StoredSummary
from docflow.models.pages import PageText, Word
from docflow.models.states import PageMethod
from docflow.settings import Settings
from docflow.work import artefacts
from docflow.work.folder import WorkFolder
from testkit.examples import SUMMARY, bullet
from testkit.fakes import (
    ONE_PIXEL_PNG,
    START,
    FakeFileParser,
    InMemoryBlobStore,
    InMemoryIndex,
    fake_clients,
)
from triggers import contents
from triggers.responses import content_disposition

ID = "0" * 32
ACCEPTED = Accepted(content_type="application/pdf", sha256="0", bytes=4, pages=2)

Request = Callable[..., func.HttpRequest]
Call = Callable[..., Any]


@pytest.fixture(autouse=True)
def known_document(index: InMemoryIndex, entry: Callable[..., IndexEntry]) -> None:
    index.put(entry(name="letters/Müller & Co.pdf", pages=2))


@pytest.fixture
def folder(store: InMemoryBlobStore) -> WorkFolder:
    return WorkFolder(store, ID)


@pytest.fixture
def source_request(request_to: Request) -> func.HttpRequest:
    return request_to(f"documents/{ID}/source", route={"id": ID})


def page_request(request_to: Request, page: str) -> func.HttpRequest:
    return request_to(f"documents/{ID}/pages/{page}", route={"id": ID, "n": page})


def keep(store: InMemoryBlobStore, content: bytes, document_id: str = ID) -> None:
    store.write(Container.WORK, f"{document_id}/source", content, content_type="text/html")


def test_the_original_is_sent_to_be_saved_and_not_shown(
    call: Call,
    source_request: func.HttpRequest,
    clients: Clients,
    store: InMemoryBlobStore,
    folder: WorkFolder,
) -> None:
    keep(store, b"%PDF")
    folder.write(artefacts.INSPECTION, ACCEPTED)
    answer = call(contents.get_source, source_request, clients=clients)
    assert answer.content == b"%PDF"
    assert answer.headers == {
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Content-Type": "application/pdf",
        "Content-Disposition": (
            "attachment; filename=\"M_ller & Co.pdf\"; filename*=UTF-8''M%C3%BCller%20%26%20Co.pdf"
        ),
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }


def test_a_file_that_was_not_accepted_has_no_type(
    call: Call, source_request: func.HttpRequest, clients: Clients, store: InMemoryBlobStore
) -> None:
    keep(store, b"<script>")
    answer = call(contents.get_source, source_request, clients=clients)
    assert answer.headers["Content-Type"] == "application/octet-stream"


def test_the_upload_is_sent_while_there_is_no_copy(
    call: Call, source_request: func.HttpRequest, clients: Clients, store: InMemoryBlobStore
) -> None:
    etag = store.write(Container.INCOMING, "a.pdf", b"first", content_type="application/pdf")
    source = Source(container="incoming", name="a.pdf", etag=etag, bytes=5)
    claim = DocumentRequest(document_id=ID, source=source, received_at=START)
    store.write("work", f"{ID}/claim.json", claim.model_dump_json().encode(), content_type="")
    assert call(contents.get_source, source_request, clients=clients).content == b"first"

    store.write(Container.INCOMING, "a.pdf", b"other", content_type="application/pdf")
    assert call(contents.get_source, source_request, clients=clients).problem == (
        404,
        "NOT_FOUND",
        "The original file is gone.",
    )


def test_a_later_attempt_shares_the_original_of_the_first(
    call: Call,
    request_to: Request,
    clients: Clients,
    store: InMemoryBlobStore,
    index: InMemoryIndex,
    entry: Callable[..., IndexEntry],
) -> None:
    keep(store, b"%PDF")
    index.put(entry(f"{ID}-2", first_document_id=ID, attempt=2))
    req = request_to(f"documents/{ID}-2/source", route={"id": f"{ID}-2"})
    assert call(contents.get_source, req, clients=clients).content == b"%PDF"


def test_a_file_too_large_to_send_is_refused(
    call: Call, source_request: func.HttpRequest, store: InMemoryBlobStore, index: InMemoryIndex
) -> None:
    keep(store, b"%PDF-1.7")
    clients = fake_clients(settings=Settings(max_upload_bytes=4), store=store, index=index)
    answer = call(contents.get_source, source_request, clients=clients)
    assert answer.problem[:2] == (413, "TOO_LARGE_TO_SEND")


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("a.pdf", "a.pdf"),
        ('x/quote".pdf', "quote_.pdf"),
        ("back\\slash.pdf", "back_slash.pdf"),
        ("line\r\nX-Evil: 1.pdf", "line__X-Evil: 1.pdf"),
        ("請求書", "___"),
        ("", "document"),
    ],
)
def test_a_file_name_cannot_break_out_of_its_header(name: str, plain: str) -> None:
    header = content_disposition(name)
    assert header.startswith(f"attachment; filename=\"{plain}\"; filename*=UTF-8''")
    assert header.isascii()
    assert "\r" not in header
    assert "\n" not in header


def test_a_page_that_went_through_ocr_is_sent(
    call: Call, request_to: Request, clients: Clients, folder: WorkFolder
) -> None:
    page = PageText(number=2, method=PageMethod.OCR, text="<b>Größe</b>")
    folder.write(artefacts.PAGE, page, page=2)
    answer = call(contents.get_page, page_request(request_to, "2"), clients=clients)
    assert answer.content.decode() == "<b>Größe</b>"
    assert answer.response.mimetype == "text/plain"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_page_of_the_text_layer_is_sent(
    call: Call, request_to: Request, clients: Clients, folder: WorkFolder
) -> None:
    folder.write_pages(
        artefacts.TEXT_LAYER, [PageText(number=1, method=PageMethod.TEXT_LAYER, text="one")]
    )
    assert call(contents.get_page, page_request(request_to, "1"), clients=clients).content == b"one"
    missing = call(contents.get_page, page_request(request_to, "2"), clients=clients)
    assert missing.problem[:2] == (404, "NOT_FOUND")


WORDS = [
    Word(text="Please", confidence=1, polygon=[10, 20, 30, 20, 30, 30, 10, 30]),
    Word(text="pay", confidence=1, polygon=[40, 20, 60, 20, 60, 30, 40, 30]),
    Word(text="today.", confidence=1, polygon=[10, 40, 50, 40, 50, 50, 10, 50]),
]


def test_the_quotes_of_a_page_are_sent_with_their_places(
    call: Call, request_to: Request, clients: Clients, folder: WorkFolder
) -> None:
    bullets = [bullet("Pay.", 2, "pay today"), bullet("Elsewhere.", 1, "Please")]
    answer = SUMMARY.model_copy(update={"bullets": bullets})
    folder.write(artefacts.SUMMARY, StoredSummary(answer=answer))
    page = PageText(number=2, method=PageMethod.OCR, width=100, height=200, words=WORDS)
    folder.write(artefacts.PAGE, page, page=2)

    req = request_to(
        f"documents/{ID}/pages/2",
        route={"id": ID, "n": "2"},
        headers={"Accept": "application/json"},
    )
    shown = call(contents.get_page, req, clients=clients).json

    assert shown == {
        "number": 2,
        "text": "",
        "quotes": [
            {
                "bullet": 1,
                "quote": "pay today",
                "boxes": [
                    {"left": 0.4, "top": 0.1, "right": 0.6, "bottom": 0.15},
                    {"left": 0.1, "top": 0.2, "right": 0.5, "bottom": 0.25},
                ],
            }
        ],
    }


@pytest.mark.parametrize("page", ["1", "0", "-1", "x", "٣", "9" * 30])
def test_a_page_that_is_not_there_is_not_found(
    call: Call, request_to: Request, clients: Clients, page: str
) -> None:
    for body in (contents.get_page, contents.get_page_image):
        answer = call(body, page_request(request_to, page), clients=clients)
        assert answer.problem[:2] == (404, "NOT_FOUND")


class CountingParser(FakeFileParser):
    """Notes what it rendered."""

    def __init__(self) -> None:
        super().__init__(["one", "two"])
        self.rendered: list[tuple[int, int]] = []

    def render(self, *args: Any, page: int, max_pixels: int, **kwargs: Any) -> bytes:
        self.rendered.append((page, max_pixels))
        return super().render(*args, page=page, max_pixels=max_pixels, **kwargs)


def test_a_picture_of_a_page_is_made_once(
    call: Call,
    request_to: Request,
    store: InMemoryBlobStore,
    index: InMemoryIndex,
    folder: WorkFolder,
) -> None:
    parser = CountingParser()
    clients = fake_clients(store=store, index=index, parser=parser)
    keep(store, b"%PDF")
    folder.write(artefacts.INSPECTION, ACCEPTED)
    for _ in range(2):
        answer = call(contents.get_page_image, page_request(request_to, "2"), clients=clients)
        assert answer.content == ONE_PIXEL_PNG
        assert answer.response.mimetype == "image/png"
    assert parser.rendered == [(2, contents.MAX_PICTURE_PIXELS)]


def test_a_page_beyond_the_last_has_no_picture(
    call: Call, request_to: Request, clients: Clients, folder: WorkFolder
) -> None:
    folder.write(artefacts.INSPECTION, ACCEPTED)
    answer = call(contents.get_page_image, page_request(request_to, "3"), clients=clients)
    assert answer.problem == (404, "NOT_FOUND", "There is no picture of page 3.")
