"""Writes one page of a PDF as a file for OCR."""

from __future__ import annotations

import io
from pathlib import Path

import pikepdf
import pypdfium2 as pdfium

from docflow.parser.formats.pdf.raster import POINTS_PER_INCH, scale_for
from docflow.parser.limits import Limits
from docflow.parser.pages import page_file

PICTURE_DPI = 200
"""Resolution that OCR reads well, for pages that are sent as pictures."""
LARGEST_SIDE_POINTS = 17 * POINTS_PER_INCH
LARGEST_SIDE_PIXELS = 10_000
"""Longest sides of a page in a PDF, and of a picture, that Document Intelligence accepts."""
VARYING = {"/Info", "/ID"}
"""Entries that PDFium fills with the time of day and a random id; neither is visible."""


def write_page(
    document: pdfium.PdfDocument, index: int, into: Path, limits: Limits, *, as_picture: bool
) -> Path:
    """Write a page as a one-page PDF, or as a picture where that is asked for or it is too large.

    The same page always has the same bytes: the cache of OCR results finds it by its bytes.
    """
    size = document.get_page_size(index)
    if as_picture or max(size) > LARGEST_SIDE_POINTS:
        target = page_file(into, index + 1, ".jpg")
        _write_picture(document[index], size, limits, target)
        return target
    target = page_file(into, index + 1, ".pdf")
    content = io.BytesIO()
    with pdfium.PdfDocument.new() as single:
        single.import_pages(document, [index])
        single.save(content)
    with pikepdf.open(content) as written:
        for key in VARYING & set(written.trailer.keys()):
            del written.trailer[key]
        written.save(target, deterministic_id=True)
    return target


def _write_picture(
    page: pdfium.PdfPage, size: tuple[float, float], limits: Limits, target: Path
) -> None:
    wanted = min(PICTURE_DPI / POINTS_PER_INCH, LARGEST_SIDE_PIXELS / max(size))
    picture = page.render(scale=scale_for(size, wanted, limits.pixels), grayscale=True).to_pil()
    picture.save(target, format="JPEG", quality=90)
