"""Reads one page of a PDF: its text layer, and whether that is all there is to read."""

from __future__ import annotations

import sys
from functools import partial

import pypdfium2 as pdfium
from pypdfium2 import raw

from docflow.parser.formats.pdf.coverage import covered_share, objects_of, place_of, shows_unsaid
from docflow.parser.formats.pdf.opened import OpenedPdf
from docflow.parser.formats.pdf.page_text import load_page
from docflow.parser.formats.pdf.raster import scale_for
from docflow.parser.pages import TextPage
from docflow.parser.text.layer import Choice, PageLook, Sight, choose

GLANCE_PIXELS = 300_000
"""Size of the picture that is used to see whether anything is on a page."""
GLANCE_CONTRAST = 8
"""Difference of grey, of 255, that counts as something."""
SAMPLED_CHARACTERS = 400
FIRST_OF_NO_TEXT, LAST_OF_NO_TEXT = 0x80, 0x9F
"""Control characters that fonts of drawings have for their letters; no text has them."""
UNMAPPED_SHARE = 0.1
EXAMINED_CHARACTERS = 5_000
"""Characters of a page that are examined, where a sample shows that many are unmapped."""


def read_page(pdf: OpenedPdf, index: int, mode: str) -> tuple[Choice, TextPage]:
    """Return how a page is to be read, and the page as its text layer says it.

    Args:
        pdf: the file.
        index: of the page, from 0.
        mode: a mode of OCR.
    """
    words = load_page(pdf, index)
    page, layer = words.page, words.layer
    width, height = page.get_size()
    sight = Sight(
        look=partial(_look, page, has_text=bool(words.shown)),
        shows_unsaid=partial(shows_unsaid, page, layer),
    )
    choice = choose(words.shown, sight, mode, _unmapped(layer))
    # What OCR cannot see is kept for every page; its own text only where that can be read.
    text = words.noted if choice.readable else words.marks
    method = "text-layer" if text and choice.method == "empty" else choice.method
    return choice, TextPage(
        index + 1,
        method,
        text,
        choice.reason,
        width=width,
        height=height,
        unit="point",
        unread=choice.unread,
    )


def _unmapped(layer: pdfium.PdfTextPage) -> str:
    """Return the characters that fonts do not map, where they are more than a few.

    PDFium then returns the number of the glyph, which may or may not be that of the character.
    """
    count = layer.count_chars()
    sample = range(0, count, max(1, count // SAMPLED_CHARACTERS))
    if sum(_is_unmapped(layer, at) for at in sample) <= UNMAPPED_SHARE * len(sample):
        return ""
    return "".join(
        _guessed(raw.FPDFText_GetUnicode(layer, at)) if _is_unmapped(layer, at) else " "
        for at in range(min(count, EXAMINED_CHARACTERS))
    )


def _guessed(number: int) -> str:
    """Return the character of this number; a glyph's number may be beyond all characters."""
    return chr(number) if number <= sys.maxunicode else "\ufffd"


def _is_unmapped(layer: pdfium.PdfTextPage, at: int) -> bool:
    """Return whether a font does not map a character, or to one that no text has."""
    if raw.FPDFText_HasUnicodeMapError(layer, at) == 1:
        return True
    number: int = raw.FPDFText_GetUnicode(layer, at)
    return FIRST_OF_NO_TEXT <= number <= LAST_OF_NO_TEXT


def _look(page: pdfium.PdfPage, *, has_text: bool) -> PageLook:
    """Return what is on a page beside its text; text objects count where no text came out."""
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
    """Return whether a page shows more than one colour: white areas on white are nothing."""
    scale = scale_for(page.get_size(), 1, GLANCE_PIXELS)
    try:
        low, high = page.render(scale=scale, grayscale=True).to_pil().getextrema()
    except ValueError:
        return False  # nothing lies within the borders of the page
    return bool(high - low > GLANCE_CONTRAST)
