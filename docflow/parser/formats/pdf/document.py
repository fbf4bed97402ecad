"""PDF: checked by pikepdf (qpdf), read by pypdfium2 (PDFium).

pikepdf repairs in silence and tells by warnings what it had to do; PDFium counts and extracts. A
file counts as sound where both agree and nothing was lost in a repair.
"""

from __future__ import annotations

import io
import mmap
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2 as pdfium
from pypdfium2 import raw

from docflow.parser.findings import (
    PDF,
    InTurn,
    Limits,
    PageFile,
    PageMissingError,
    Refusal,
    check_page_count,
    damaged,
    not_taken,
    page_file,
    text_page,
)
from docflow.parser.formats.pdf.coverage import covered_share, objects_of, place_of, shows_unsaid
from docflow.parser.text.layer import PageLook, Sight, choose, normalize

POINTS_PER_INCH = 72
RENDER_DPI = 150
PICTURE_DPI = 200
"""What OCR reads well, for pages that are sent as pictures."""
LARGEST_SIDE_POINTS = 17 * POINTS_PER_INCH
LARGEST_SIDE_PIXELS = 10_000
"""Longest sides of a page in a PDF, and of a picture, that Document Intelligence takes."""
GLANCE_PIXELS = 300_000
"""Size of the picture in which it shows whether anything is on a page."""
GLANCE_CONTRAST = 8
"""Difference of grey, of 255, that shows."""
SAMPLED_CHARACTERS = 400
UNMAPPED_SHARE = 0.1
LOOKED_AT_CHARACTERS = 5_000
"""Characters of a page that are looked at: the first for whether more have to be."""
PAGE_DAMAGED = "PAGE_DAMAGED"
VARYING = {"/Info", "/ID"}
"""What a page that is written anew would carry of the moment; nothing of it is to be seen."""
NOTHING_NAMED = "Resources is missing or invalid"
CONTENT_LOST = "unable to recover stream data"
RECONSTRUCTED = "Attempting to reconstruct"
FOR_CERTIFICATES = "unsupported encryption filter"
LOCKED = {raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY}
"""What PDFium says of a file that opens for its owner, or for the holder of a certificate."""


def count_pages(file: Path, limits: Limits) -> int:
    """Count the pages of a sound file.

    Raises:
        Refusal: the file is encrypted, damaged, or has too many pages.
    """
    checked = _check(file, limits)
    if checked == 0:
        raise damaged(PDF)
    try:
        with pdfium.PdfDocument(file) as document:
            pages = len(document)
    except pdfium.PdfiumError as error:
        raise (_encrypted() if error.err_code in LOCKED else damaged(PDF)) from error
    if pages != checked or pages == 0:
        raise damaged(PDF)
    return pages


def split(
    file: Path, into: Path, mode: str, limits: Limits, in_turn: InTurn
) -> Iterator[dict[str, Any] | PageFile]:
    """Read text layers, and write pages that go to OCR as one-page PDFs.

    Pages may share a large picture, which each of them then carries by itself. Where that comes to
    too much, the further ones are written as pictures of their own.
    """
    split_bytes = 0
    with pdfium.PdfDocument(file) as document:
        for number in in_turn(len(document)):
            try:
                found = _read(document, number - 1, mode)
            except pdfium.PdfiumError:
                found = _broken(number)
            if found["method"] == "ocr":
                shared = split_bytes > limits.split_bytes // 2
                target = _write_page(document, number - 1, into, limits, as_picture=shared)
                split_bytes += target.stat().st_size
                yield PageFile(number, target, found["reason"])
            else:
                yield found


def render(file: Path, page: int, max_pixels: int, target: Path) -> None:
    """Give a page as PNG."""
    with pdfium.PdfDocument(file) as document:
        if not 1 <= page <= len(document):
            raise PageMissingError(page)
        try:
            loaded = document[page - 1]
            scale = _scale(loaded.get_size(), RENDER_DPI / POINTS_PER_INCH, max_pixels)
            picture = loaded.render(scale=scale).to_pil()
        except (pdfium.PdfiumError, ValueError) as error:
            raise damaged(PDF) from error
        picture.save(target, format="PNG")


def _check(file: Path, limits: Limits) -> int:
    """Count the pages as qpdf sees them, refusing what it could only repair with a loss."""
    try:
        with pikepdf.open(file) as document:
            pages = check_page_count(len(document.pages), limits, PDF)
            # They are given once; what is read later adds its own.
            warnings = list(map(str, document.get_warnings()))
            if any(map(_worrying, warnings)) and _lost_content(document, file, warnings):
                raise damaged(PDF)
            _check_shows_itself(document, pages)
            return pages
    except pikepdf.PasswordError as error:
        raise _encrypted() from error
    except (pikepdf.PdfError, RecursionError) as error:
        raise (_encrypted() if FOR_CERTIFICATES in str(error) else damaged(PDF)) from error


def _check_shows_itself(document: pikepdf.Pdf, pages: int) -> None:
    """Refuse what has one page to show, which says that another program is needed."""
    form = document.Root.get("/AcroForm")
    of_xfa = isinstance(form, pikepdf.Dictionary) and "/XFA" in form
    if of_xfa and document.Root.get("/NeedsRendering", False):
        raise not_taken("a form that only Adobe's programs show (XFA)")
    if "/Collection" in document.Root and pages == 1:
        raise not_taken("a PDF portfolio, several files under one cover")


def _encrypted() -> Refusal:
    return Refusal(
        "ENCRYPTED",
        "The PDF can only be opened with a password or a certificate: save it without protection "
        "and send it again.",
        PDF,
    )


def _worrying(warning: str) -> bool:
    """Whether a repair may have lost something; a page that uses nothing may well name nothing."""
    return NOTHING_NAMED not in warning


def _lost_content(document: pikepdf.Pdf, file: Path, warnings: list[str]) -> bool:
    """Whether a repaired file lacks something.

    Junk after the end and wrong offsets are harmless. A cut-off file shows by streams without an
    end, by pages without content, or by objects after the last end mark, where an earlier version
    of the file ends.
    """
    if _objects_after_the_end(file):
        return True
    # Only where objects had to be searched for may those of a page be missing: else it is blank.
    searched = any(RECONSTRUCTED in warning for warning in warnings)
    if searched and any("/Contents" not in page.obj for page in document.pages):
        return True
    for _ in document.objects:
        pass  # each one is resolved on the way, and warned about
    return any(CONTENT_LOST in str(warning) for warning in [*warnings, *document.get_warnings()])


def _objects_after_the_end(file: Path) -> bool:
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        end = max(data.rfind(mark) for mark in (b"%%EOF", b"startxref", b"trailer"))
        return end >= 0 and data.find(b"endobj", end) >= 0


def _read(document: pdfium.PdfDocument, index: int, mode: str) -> dict[str, Any]:
    page = _filled_in(document, index)
    width, height = page.get_size()
    layer = page.get_textpage()
    text = normalize(layer.get_text_bounded())
    sight = Sight(
        look=partial(_look, page, has_text=bool(text)),
        shows_unsaid=partial(shows_unsaid, page, layer),
    )
    choice = choose(text, sight, mode, _unmapped(layer))
    kept = text if choice.method == "text-layer" else ""
    return {
        **text_page(index + 1, kept, choice.reason, width=width, height=height, unit="point"),
        "method": choice.method,
        "unread": choice.unread,
    }


def _filled_in(document: pdfium.PdfDocument, index: int) -> pdfium.PdfPage:
    """Load a page with what was written into its form fields and notes as part of its content.

    They lie over a page, and neither its text layer nor a page that is split off would have them.
    """
    page = document[index]
    if raw.FPDFPage_GetAnnotCount(page) == 0:
        return page
    if raw.FPDFPage_Flatten(page, raw.FLAT_NORMALDISPLAY) != raw.FLATTEN_SUCCESS:
        return page
    page.close()
    return document[index]


def _unmapped(layer: pdfium.PdfTextPage) -> str:
    """Give the characters that fonts have no map for, where they are more than a few.

    PDFium takes the number of the glyph then, which may be the character, or may be any other.
    """
    count = layer.count_chars()
    sample = range(0, count, max(1, count // SAMPLED_CHARACTERS))
    if sum(_is_unmapped(layer, at) for at in sample) <= UNMAPPED_SHARE * len(sample):
        return ""
    return "".join(
        _guessed(raw.FPDFText_GetUnicode(layer, at)) if _is_unmapped(layer, at) else " "
        for at in range(min(count, LOOKED_AT_CHARACTERS))
    )


def _guessed(number: int) -> str:
    """Give the character of this number; glyphs may have numbers beyond all characters."""
    return chr(number) if number <= sys.maxunicode else "\ufffd"


def _is_unmapped(layer: pdfium.PdfTextPage, at: int) -> bool:
    return bool(raw.FPDFText_HasUnicodeMapError(layer, at) == 1)


def _look(page: pdfium.PdfPage, *, has_text: bool) -> PageLook:
    """Look at what is on a page beside its text, or beside nothing where it gave no text."""
    pictures = []
    others = False
    for item in objects_of(page):
        if item.type == raw.FPDF_PAGEOBJ_IMAGE:
            pictures.append(place_of(item))
        elif item.type != raw.FPDF_PAGEOBJ_TEXT or not has_text:
            others = True
    drawn = bool(pictures) or (others and _shows_something(page))
    return PageLook(covered_share(page, pictures), drawn)


def _shows_something(page: pdfium.PdfPage) -> bool:
    """Whether a page shows more than one colour: white areas on white paper are nothing."""
    scale = _scale(page.get_size(), 1, GLANCE_PIXELS)
    try:
        low, high = page.render(scale=scale, grayscale=True).to_pil().getextrema()
    except ValueError:
        return False  # nothing of the page lies on its paper
    return bool(high - low > GLANCE_CONTRAST)


def _scale(size: tuple[float, float], wanted: float, max_pixels: int) -> float:
    """Give the scale at which a page has at most so many pixels; PDFium rounds both sides up."""
    width, height = (max(1.0, side) for side in size)
    bearable = (max_pixels / (width * height)) ** 0.5
    if wanted <= bearable:
        return wanted
    return min(max(1, int(side * bearable)) / side for side in (width, height))


def _write_page(
    document: pdfium.PdfDocument, index: int, into: Path, limits: Limits, *, as_picture: bool
) -> Path:
    """Write a page that goes to OCR as a one-page PDF, or as a picture where that is too large.

    The same page always gives the same bytes: PDFium writes the time of day and a random id into
    it, and by its bytes a page is known again that was paid for before.
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
    picture = page.render(scale=_scale(size, wanted, limits.pixels), grayscale=True).to_pil()
    picture.save(target, format="JPEG", quality=90)


def _broken(number: int) -> dict[str, Any]:
    return {
        **text_page(number, "", "page is damaged"),
        "method": "failed",
        "error": f"{PAGE_DAMAGED}: the rest of the file is sound; look at the original",
    }
