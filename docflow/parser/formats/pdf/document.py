"""A PDF as a whole: counted, split into pages, rendered.

A file is sound where qpdf and PDFium find the same pages, and no repair lost anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pypdfium2 as pdfium

from docflow.parser.content_types import PDF
from docflow.parser.formats.pdf.integrity import check_integrity
from docflow.parser.formats.pdf.opened import opened, refusal_of
from docflow.parser.formats.pdf.page import read_page
from docflow.parser.formats.pdf.page_file import write_page
from docflow.parser.formats.pdf.page_text import load_page
from docflow.parser.formats.pdf.raster import POINTS_PER_INCH, scale_for
from docflow.parser.limits import Limits
from docflow.parser.pages import PageFile, TextPage
from docflow.parser.refusals import PageMissingError, damaged
from docflow.parser.requests import RenderRequest, SplitRequest

HEADER_WITHIN = 1024
"""Readers of PDF accept a header anywhere in these first bytes."""
FIRST_OBJECT = re.compile(
    rb"(?:\A|[\r\n])(?:%PDF-\d[^\r\n]{0,20}[\r\n]+|\A)\s*(?:%[^\r\n]*[\r\n]+\s*)?\d+ \d+ obj\b"
)
"""How the objects begin, after the header or where that was lost."""
RENDER_DPI = 150
PAGE_DAMAGED = "PAGE_DAMAGED"


def recognize(file: Path, head: bytes) -> str | None:
    """Return the content type where other bytes come before the header, or no header is left.

    A text about PDF may show a header, but it has no objects after it, and no end of a PDF.
    """
    head = head[:HEADER_WITHIN]
    if FIRST_OBJECT.search(head):
        return PDF
    if b"%PDF-" not in head:
        return None
    with file.open("rb") as stream:
        stream.seek(max(0, file.stat().st_size - 2 * HEADER_WITHIN))
        tail = stream.read()
    return PDF if b"startxref" in tail and b"%%EOF" in tail else None


def count_pages(file: Path, content_type: str, limits: Limits) -> int:
    """Count the pages of a sound file.

    Raises:
        Refusal: the file is encrypted, damaged, or has too many pages.
    """
    checked = check_integrity(file, limits)
    if checked == 0:
        raise damaged(content_type)
    try:
        with opened(file) as pdf:
            pages = len(pdf.document)
    except pdfium.PdfiumError as error:
        raise refusal_of(error) from error
    if pages != checked or pages == 0:
        raise damaged(content_type)
    return pages


def split(request: SplitRequest) -> Iterator[TextPage | PageFile]:
    """Read text layers, and write pages that go to OCR as one-page PDFs.

    Pages may share a large picture, and each page file then holds a copy of it. Where the copies
    take too much space, the remaining pages are written as pictures.
    """
    split_bytes = 0
    with opened(request.file) as pdf:
        for number in request.page_numbers(len(pdf.document)):
            try:
                choice, page = read_page(pdf, number - 1, request.ocr_mode)
            except pdfium.PdfiumError:
                yield _damaged_page(number)
                continue
            if choice.method == "ocr":
                too_much = split_bytes > request.limits.split_bytes // 2
                target = write_page(
                    pdf.document, number - 1, request.into, request.limits, as_picture=too_much
                )
                split_bytes += target.stat().st_size
                layer = page._replace(method="text-layer") if page.text else None
                yield PageFile(number, target, choice.reason, layer)
            else:
                yield page


def render(request: RenderRequest) -> None:
    """Write a page as PNG, with what lies over it, as the page is read."""
    with opened(request.file) as pdf:
        if not 1 <= request.page <= len(pdf.document):
            raise PageMissingError(request.page)
        try:
            page = load_page(pdf, request.page - 1).page
            scale = scale_for(page.get_size(), RENDER_DPI / POINTS_PER_INCH, request.max_pixels)
            picture = page.render(scale=scale).to_pil()
        except (pdfium.PdfiumError, ValueError) as error:
            raise damaged(PDF) from error
        picture.save(request.target, format="PNG")


def _damaged_page(number: int) -> TextPage:
    return TextPage(
        number,
        "failed",
        "",
        "page is damaged",
        error=f"{PAGE_DAMAGED}: the other pages of the file are sound; look at the original",
    )
