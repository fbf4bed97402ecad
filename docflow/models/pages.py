"""The pages of a document and their text; the text is stored in `work`, never in history."""

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

    `ocr` is a page set, such as `3-5,9`. The other pages were read from their text layer, are empty
    or failed.
    """

    pages: int
    ocr: str = ""
    text_layer: int = 0
    empty: int = 0
    failed: int = 0
    """Pages that the parser could neither read nor prepare for OCR."""
    refused: Failure | None = None
    """Set if the file was accepted but cannot be read."""

    @property
    def ocr_pages(self) -> int:
        """Return the number of pages that need OCR."""
        return self.pages - self.done_without_ocr

    @property
    def done_without_ocr(self) -> int:
        """Return the number of pages that are complete: they need no OCR or cannot be read."""
        return self.text_layer + self.empty + self.failed


class PageRangeRequest(Payload):
    """Input of the sub-orchestration `read_pages`; `pages` is a page set such as `11-20`."""

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
    """Result of `ocr_page`; the path of the text follows from document id and page number."""

    page: int
    failure: PageFailure | None = None
    """Set if OCR cannot read this page and a retry cannot help."""


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
    """Result of `assemble_transcript`: counts over the texts of all pages.

    `parts` are page sets, each small enough for one model call.
    """

    pages: int
    pages_read: int
    pages_failed: int
    pages_unread: int = 0
    """Pages of which OCR alone could read all, and did not: `OCR_MODE` is `never`, or it failed."""
    pages_missing: int = 0
    """Failed pages that are sound, but were not in the answer of OCR."""
    layer_pages: int = 0
    """Pages sent to OCR of which the text layer was used."""
    ocr_pages: int | None = None
    """Pages that OCR charges for."""
    wasted_pages: int = 0
    """Tries that OCR accepted without an answer; it may charge for them."""
    cached_pages: int = 0
    """Pages whose text was taken from the cache instead of from OCR."""
    characters: int
    characters_unread: int = 0
    parts: list[str] = []


class Word(Payload):
    """A word on a page; `polygon` is a list of x, y pairs in the unit of the page."""

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
    """Mean confidence of the words, from 0 to 1; None if OCR found no words."""
    width: float = 0
    height: float = 0
    unit: str = "pixel"
    words: list[Word] = []
    recognized: bool = False
    """Whether OCR charges for this page; true also if it found no text or failed."""
    cached: bool = False
    """Whether the text was taken from the cache, without a new charge."""
    unread: bool = False
    """Whether only OCR could read something on the page, and it did not: because `OCR_MODE` is
    `never`, or because it failed."""
    whole: bool = False
    """Whether this is the text of a whole document that has no pages; form feeds separate what OCR
    counted as pages."""
    further_pages: int = 0
    """Number of following pages that came from the same answer of OCR, for a document that has no
    pages."""
    error: str | None = None


class Tries(Payload):
    """The number of tries without a result."""

    tries: int


class Extent(Payload):
    """What a file that is sent to OCR as a whole says it holds; zero where it does not say so."""

    pages: int = 0
    """Slides or sheets with something on them."""
    characters: int = 0
    """Characters of its text, without blanks."""


class OcrReasons(Payload):
    """The reasons why pages need OCR, by page number, and what can be read of them without it."""

    reasons: dict[int, str]
    layers: dict[int, PageText] = {}
    """Text layers, typed values and comments, which OCR may not find."""
    extent: Extent = Extent()
    """Of a file that is sent as a whole."""
