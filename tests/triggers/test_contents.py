from __future__ import annotations

from typing import Any

import pytest

from docflow.contracts import Container
from docflow.models.documents import DocumentRequest, Source
from docflow.models.files import Accepted
from docflow.models.outputs import StoredSummary
from docflow.models.pages import PageText, Word
from docflow.models.states import PageMethod
from docflow.settings import Settings
from docflow.work import artefacts
from testkit.app import InMemoryApp, in_path
from testkit.examples import DOCUMENT_ID, SUMMARY, bullet
from testkit.fakes import ONE_PIXEL_PNG, START, FakeFileParser
from triggers.contents import MAX_PICTURE_PIXELS
from triggers.responses import content_disposition

ACCEPTED = Accepted(content_type="application/pdf", sha256="0", bytes=4, pages=2)
SOURCE = f"documents/{DOCUMENT_ID}/source"
PAGES = f"documents/{DOCUMENT_ID}/pages"


@pytest.fixture(autouse=True)
def known_document(app: InMemoryApp) -> None:
    app.lists(name="letters/Müller & Co.pdf", pages=2)


def keep(app: InMemoryApp, original: bytes) -> None:
    """Keep the original of the document, as if its uploader had called it a web page."""
    app.holds(Container.WORK, f"{DOCUMENT_ID}/source", original, "text/html")


def test_the_original_is_sent_to_be_saved_and_not_shown(app: InMemoryApp) -> None:
    keep(app, b"%PDF")
    app.work.write(artefacts.INSPECTION, ACCEPTED)

    answer = app.get(SOURCE)

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


def test_a_file_that_was_not_accepted_has_no_type(app: InMemoryApp) -> None:
    keep(app, b"<script>")

    assert app.get(SOURCE).headers["Content-Type"] == "application/octet-stream"


def test_the_upload_is_sent_while_there_is_no_copy(app: InMemoryApp) -> None:
    etag = app.holds(Container.INCOMING, "a.pdf", b"first")
    source = Source(container="incoming", name="a.pdf", etag=etag, bytes=5)
    claim = DocumentRequest(document_id=DOCUMENT_ID, source=source, received_at=START)
    app.work.write(artefacts.CLAIM, claim)
    assert app.get(SOURCE).content == b"first"

    app.holds(Container.INCOMING, "a.pdf", b"other")
    assert app.get(SOURCE).problem == (404, "NOT_FOUND")


def test_a_later_attempt_shares_the_original_of_the_first(app: InMemoryApp) -> None:
    keep(app, b"%PDF")
    app.lists(f"{DOCUMENT_ID}-2", first_document_id=DOCUMENT_ID, attempt=2)

    assert app.get(f"documents/{DOCUMENT_ID}-2/source").content == b"%PDF"


def test_a_file_too_large_to_send_is_refused(app: InMemoryApp) -> None:
    keep(app, b"%PDF-1.7")
    app.use(settings=Settings(max_upload_bytes=4))

    assert app.get(SOURCE).problem == (413, "TOO_LARGE_TO_SEND")


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


def test_a_file_name_in_a_header_reads_as_it_looks() -> None:
    header = content_disposition("x/invoice\u202efdp\u2028\u200b\U000e0041.exe\r\nX: 1")

    assert header == (
        'attachment; filename="invoicefdp .exe__X: 1"; '
        "filename*=UTF-8''invoicefdp%20.exe__X%3A%201"
    )


def test_a_page_that_went_through_ocr_is_sent(app: InMemoryApp) -> None:
    page = PageText(number=2, method=PageMethod.OCR, text="<b>Größe</b>")
    app.work.write(artefacts.PAGE, page, page=2)

    answer = app.get(f"{PAGES}/2")

    assert answer.content.decode() == "<b>Größe</b>"
    assert answer.type == "text/plain"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_page_of_the_text_layer_is_sent(app: InMemoryApp) -> None:
    page = PageText(number=1, method=PageMethod.TEXT_LAYER, text="one")
    app.work.write_pages(artefacts.TEXT_LAYER, [page])

    assert app.get(f"{PAGES}/1").content == b"one"
    assert app.get(f"{PAGES}/2").problem == (404, "NOT_FOUND")


WORDS = [
    Word(text="Please", confidence=1, polygon=[10, 20, 30, 20, 30, 30, 10, 30]),
    Word(text="pay", confidence=1, polygon=[40, 20, 60, 20, 60, 30, 40, 30]),
    Word(text="today.", confidence=1, polygon=[10, 40, 50, 40, 50, 50, 10, 50]),
]


def test_the_quotes_of_a_page_are_sent_with_their_places(app: InMemoryApp) -> None:
    bullets = [bullet("Pay.", 2, "pay today"), bullet("Elsewhere.", 1, "Please")]
    summary = SUMMARY.model_copy(update={"bullets": bullets})
    app.work.write(artefacts.SUMMARY, StoredSummary(answer=summary))
    page = PageText(number=2, method=PageMethod.OCR, width=100, height=200, words=WORDS)
    app.work.write(artefacts.PAGE, page, page=2)

    assert app.get(f"{PAGES}/2", {"Accept": "application/json"}).json == {
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
def test_a_page_that_is_not_there_is_not_found(app: InMemoryApp, page: str) -> None:
    path = f"{PAGES}/{in_path(page)}"

    for answer in (app.get(path), app.get(f"{path}/image")):
        assert answer.problem == (404, "NOT_FOUND")


class CountingParser(FakeFileParser):
    """Notes what it rendered."""

    def __init__(self) -> None:
        super().__init__(["one", "two"])
        self.rendered: list[tuple[int, int]] = []

    def render(self, *args: Any, page: int, max_pixels: int, **kwargs: Any) -> bytes:
        self.rendered.append((page, max_pixels))
        return super().render(*args, page=page, max_pixels=max_pixels, **kwargs)


def test_a_picture_of_a_page_is_made_once(app: InMemoryApp) -> None:
    parser = CountingParser()
    app.use(parser=parser)
    keep(app, b"%PDF")
    app.work.write(artefacts.INSPECTION, ACCEPTED)

    for _ in range(2):
        answer = app.get(f"{PAGES}/2/image")
        assert answer.content == ONE_PIXEL_PNG
        assert answer.type == "image/png"
    assert parser.rendered == [(2, MAX_PICTURE_PIXELS)]


def test_a_page_beyond_the_last_has_no_picture(app: InMemoryApp) -> None:
    app.work.write(artefacts.INSPECTION, ACCEPTED)

    assert app.get(f"{PAGES}/3/image").problem == (404, "NOT_FOUND")
