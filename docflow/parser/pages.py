"""What a file is split into: pages with their text, and page files for OCR."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from docflow.parser.requests import NEVER, SplitRequest

OCR_IS_OFF = "OCR_MODE is never"
CHARACTERS_PER_PAGE = 3_000
"""What Document Intelligence bills as one page of a document without pages (DOCX, HTML)."""


class TextPage(NamedTuple):
    """A page that needs no OCR; its fields are those of `docflow.models.pages.PageText`."""

    number: int
    method: str
    """`text-layer`, `empty` or `failed`."""
    text: str
    reason: str
    width: float = 0
    height: float = 0
    unit: str = "pixel"
    unread: bool = False
    """Whether something on the page stays unread, where OCR is off."""
    error: str | None = None


class FileExtent(NamedTuple):
    """What a file says it holds; its fields are those of `docflow.models.pages.Extent`."""

    pages: int = 0
    characters: int = 0


class PageFile(NamedTuple):
    """A page for OCR, as a file, and why its own text is not enough."""

    number: int
    file: Path
    reason: str
    layer: TextPage | None = None
    """What can be read without OCR, which OCR may not find: text layer, typed values, comments."""
    extent: FileExtent = FileExtent()
    """Of a file that is sent as a whole."""


def text_page(number: int, text: str, reason: str) -> TextPage:
    """Return a page of a document that is all text."""
    return TextPage(number, "text-layer" if text else "empty", text, reason)


def unread_page(number: int, why_ocr: str) -> TextPage:
    """Return a page that only OCR could read, where OCR is off."""
    return TextPage(number, "empty", "", f"{why_ocr}; {OCR_IS_OFF}", unread=True)


def page_file(folder: Path, number: int, suffix: str) -> Path:
    """Return the path of a page that is split off."""
    return folder / f"page-{number:06d}{suffix}"


def whole_document(request: SplitRequest, extent: FileExtent) -> TextPage | PageFile:
    """Return a document without pages of its own: OCR reads it as a whole, as page 1.

    Args:
        request: the file.
        extent: what the answer of OCR must have.
    """
    if request.ocr_mode == NEVER:
        return unread_page(1, "read as a whole")
    reason = "read as a whole: it has no pages of its own"
    return PageFile(1, request.file, reason, extent=extent)
