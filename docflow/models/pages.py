"""From a file to the text of its pages; that text itself never travels through history."""

from __future__ import annotations

from docflow.models.documents import Failure, RetryPolicy
from docflow.models.payloads import Payload
from docflow.models.states import OcrMode, PageMethod


class PreparationRequest(Payload):
    """Input of `prepare_pages`."""

    document_id: str
    content_type: str
    pages: int
    ocr_mode: OcrMode = OcrMode.AUTO


class PreparedPages(Payload):
    """Result of `prepare_pages`: which pages still need OCR.

    `ocr` is a page set in compact form, such as `3-5,9`; the rest was read from the text layer or
    is empty.
    """

    pages: int
    ocr: str = ""
    text_layer: int = 0
    empty: int = 0
    failed: int = 0
    """Pages that the parser could not read, nor split off for OCR."""
    refused: Failure | None = None
    """Set where the file turned out to be unreadable after all."""

    @property
    def ocr_pages(self) -> int:
        """How many pages need OCR."""
        return self.pages - self.done_without_ocr

    @property
    def done_without_ocr(self) -> int:
        """How many pages are done with, since they need no OCR or cannot be read at all."""
        return self.text_layer + self.empty + self.failed


class PageRangeRequest(Payload):
    """Input of the sub-orchestration `read_pages`: pages to send to OCR, such as `11-20`."""

    document_id: str
    pages: str
    pages_per_range: int = 10
    retry: RetryPolicy = RetryPolicy()


class PageRequest(Payload):
    """Input of `ocr_page`."""

    document_id: str
    page: int


class PageFailure(Payload):
    """A page that could not be read."""

    page: int
    code: str
    message: str = ""


class PageRead(Payload):
    """Result of `ocr_page`: where the text went is derived from document and page number."""

    page: int
    failure: PageFailure | None = None
    """Set where the service said for good that it cannot read this page."""


class PageRangeRead(Payload):
    """Result of `read_pages`."""

    read: int
    failures: list[PageFailure] = []


class TranscriptRequest(Payload):
    """Input of `assemble_transcript`."""

    document_id: str
    ocr: str = ""
    failures: list[PageFailure] = []
    part_characters: int = 24_000


class Transcript(Payload):
    """Result of `assemble_transcript`: the joined page texts, described by counts.

    `parts` are page sets, each small enough for one model call.
    """

    pages: int
    pages_read: int
    pages_failed: int
    pages_unread: int = 0
    """Pages with something on them that only OCR could have read, where `OCR_MODE` is `never`."""
    ocr_pages: int | None = None
    """Pages that OCR was paid for."""
    wasted_pages: int = 0
    """Tries of a page that OCR took and never answered; it may be paid for them."""
    cached_pages: int = 0
    """Pages that OCR would have been paid for, had it not read them before."""
    characters: int
    characters_unread: int = 0
    parts: list[str] = []


class Word(Payload):
    """A word on a page: polygon as x, y pairs in the unit of the page."""

    text: str
    confidence: float
    polygon: list[float] = []


class PageText(Payload):
    """The text of one page, as stored in `work`."""

    number: int
    method: PageMethod
    text: str = ""
    reason: str = ""
    """Why this method was chosen."""
    confidence: float | None = None
    """Mean word confidence, 0 to 1; None where nothing was recognized."""
    width: float = 0
    height: float = 0
    unit: str = "pixel"
    words: list[Word] = []
    recognized: bool = False
    """Whether OCR was paid for, also where it found nothing or failed."""
    cached: bool = False
    """Whether what OCR said was taken from the cache: paid for before, not again."""
    unread: bool = False
    """Whether something on the page was left unread since `OCR_MODE` is `never`."""
    whole: bool = False
    """Whether this is all of a document without pages of its own; form feeds part what OCR
    counted as pages."""
    further_pages: int = 0
    """How many of the pages that follow came with this one, from a document read as a whole."""
    error: str | None = None


class Tries(Payload):
    """How often something was tried in vain."""

    tries: int


class OcrReasons(Payload):
    """Why pages go to OCR, by page number."""

    reasons: dict[int, str]
