"""What the parsers find out, and why they may refuse a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PDF = "application/pdf"
TIFF = "image/tiff"
PNG = "image/png"
JPEG = "image/jpeg"
BMP = "image/bmp"
TEXT = "text/plain"
HTML = "text/html"
MAIL = "message/rfc822"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
OFFICE = frozenset({DOCX, XLSX, PPTX})
WHOLE = OFFICE | {HTML}
"""Formats without pages to split off: OCR takes such a document as a whole."""

AUTO = "auto"
ALWAYS = "always"
NEVER = "never"
"""Modes of OCR, as the setting `OCR_MODE` has them."""
OCR_IS_OFF = "OCR_MODE is never"

CHARACTERS_PER_UNIT = 3_000
"""What Document Intelligence counts as one page of a document that has none (DOCX, HTML)."""

TAKEN = "PDF, TIFF, PNG, JPEG, BMP, DOCX, XLSX, PPTX, HTML, mail (EML), plain text or Markdown"


InTurn = Callable[[int], Iterator[int]]
"""Gives the numbers of the pages to read, of so many; each is asked for when its turn comes."""


class Refusal(Exception):  # noqa: N818 - an outcome for the sender, not a fault of the parser
    """The file cannot be read; `message` tells the sender what to do."""

    def __init__(self, code: str, message: str, content_type: str | None = None) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.content_type = content_type


class PageMissingError(Exception):
    """The document has no page of this number."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a file may hold."""

    pages: int
    pixels: int
    """Largest picture that is handed on; larger ones are scaled down."""
    attachments: int
    """Most attachments of a mail."""
    memory_mb: int
    """Most memory that this process may take."""

    @property
    def decoded_pixels(self) -> int:
        """Largest picture that is decoded at all: four bytes a pixel have to fit in memory."""
        return 4 * self.pixels

    @property
    def unpacked_bytes(self) -> int:
        """Most that an archive may unpack to: half of the memory, as others will hold it whole."""
        return self.memory_mb * 1024**2 // 2

    @property
    def split_bytes(self) -> int:
        """Most that all pages for OCR may take on disk: as much as this process in memory."""
        return self.memory_mb * 1024**2


@dataclass(frozen=True, slots=True)
class PageFile:
    """A page for OCR, as a file, and why its own text does not do."""

    number: int
    file: Path
    reason: str


def text_page(
    number: int, text: str, reason: str, *, width: float = 0, height: float = 0, unit: str = "pixel"
) -> dict[str, Any]:
    """Describe a page whose text needs no OCR."""
    return {
        "number": number,
        "method": "text-layer" if text else "empty",
        "text": text,
        "reason": reason,
        "width": width,
        "height": height,
        "unit": unit,
    }


def unread_page(number: int, why_ocr: str, **size: Any) -> dict[str, Any]:  # noqa: ANN401
    """Describe a page that only OCR could read, where there is none."""
    return {**text_page(number, "", f"{why_ocr}; {OCR_IS_OFF}", **size), "unread": True}


def page_file(folder: Path, number: int, suffix: str) -> Path:
    """Give the file of a page that is split off."""
    return folder / f"page-{number:06d}{suffix}"


def check_page_count(pages: int, limits: Limits, content_type: str) -> int:
    """Refuse a document of too many pages."""
    if pages > limits.pages:
        raise Refusal(
            "TOO_MANY_PAGES",
            f"The file has {pages:,} pages, at most {limits.pages:,} are taken: split it and send "
            "the parts.",
            content_type,
        )
    return pages


def too_large_to_split(content_type: str, limits: Limits) -> Refusal:
    """Give the refusal of a file whose pages weigh far more than the file, each by itself."""
    return Refusal(
        "UNREADABLE",
        f"The pages of the file, each by itself, take more than {limits.split_bytes // 1024**2:,} "
        "MB: split it and send the parts, or print it to PDF.",
        content_type,
    )


def not_taken(what: str = "of an unknown format") -> Refusal:
    """Give the refusal of a format that is not taken."""
    return Refusal(
        "UNSUPPORTED_TYPE",
        f"The file is {what}, which is not taken: send it as {TAKEN}; most programs can export or "
        "print to PDF.",
    )


def damaged(content_type: str) -> Refusal:
    """Give the refusal of a file of which something is missing or broken."""
    return Refusal(
        "DAMAGED",
        "The file is damaged or was cut off: open it to check, save or scan it again, and send it "
        "once more.",
        content_type,
    )
