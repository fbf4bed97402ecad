"""The text of one page of a PDF, with what was typed and noted over it.

Annotations lie over a page: neither its text layer nor a page file has them. So they are merged
into the page, and values that nothing draws are drawn.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import pikepdf
import pypdfium2 as pdfium
from pypdfium2 import raw

from docflow.parser.formats.pdf.annotations import (
    OFF,
    ON,
    Annotation,
    annotations_of,
    mark_of,
    says,
)
from docflow.parser.formats.pdf.opened import OpenedPdf
from docflow.parser.text.layer import normalize
from docflow.parser.text.reading_order import Box, Line, Mark, with_marks

MAX_CHARACTERS = 20_000
"""Most characters of a page whose places are looked up, one by one."""
SILENT = {raw.FPDF_ANNOT_LINK, raw.FPDF_ANNOT_POPUP}
"""Kinds of annotations that say nothing."""
EDGE = 1.0
"""Points by which a drawing may reach beyond its annotation."""
BAND, MOST_BANDS = 20, 1_000
"""Height of a band, in points, by which annotations are looked up; most bands of one of them."""
FONT_SIZE, SMALLEST_FONT = 11.0, 4.0
LINE_HEIGHT = 1.2
LETTER_WIDTH = 0.5
"""Of an ordinary letter, as a share of the font size."""


class PageWords(NamedTuple):
    """The text of a page."""

    page: pdfium.PdfPage
    layer: pdfium.PdfTextPage
    shown: str
    """What the page shows: its text layer, and the values of its form fields."""
    noted: str
    """What the page shows, with the comments on it."""
    marks: str
    """Values and comments alone."""


def load_page(pdf: OpenedPdf, index: int) -> PageWords:
    """Load a page, by its number from 0, with its annotations merged into it; read its text."""
    document = pdf.document
    page = document[index]
    if not _has_annotations(page):
        return _plain(_flattened(document, page, index))
    found = _annotations(pdf.entries, index)
    before = page.get_textpage()
    own = _characters(page, before)
    before.close()
    _remove_hidden(page, found)
    page = _flattened(document, page, index)
    layer = page.get_textpage()
    if own is None or (all_of := _characters(page, layer)) is None:
        layer.close()
        return _unplaced(page, found)
    added = all_of[len(own) :] if _begins_with(all_of, own) else []
    seen = [each for each in found if not each.hidden]
    drawn, rest = _by_annotation(added, seen)
    if _draw_missing(document, page, seen, drawn):
        layer.close()
        page.close()
        page = document[index]
        layer = page.get_textpage()
    marks = [mark for each, text in zip(seen, drawn, strict=True) if (mark := mark_of(each, text))]
    lines = [*_lines(own), *_lines(rest)]
    comments = [mark for mark in marks if mark.kind == "comment"]
    values = [mark for mark in marks if mark.kind != "comment"]
    return PageWords(
        page,
        layer,
        normalize(with_marks(lines, values)),
        normalize(with_marks(lines, marks)),
        normalize("\n".join(_own_lines([*values, *comments]))),
    )


class _Character(NamedTuple):
    text: str
    box: Box | None


def _has_annotations(page: pdfium.PdfPage) -> bool:
    """Return whether a page has annotations that may say something."""
    for number in range(raw.FPDFPage_GetAnnotCount(page)):
        annotation = raw.FPDFPage_GetAnnot(page, number)
        if annotation:
            kind = raw.FPDFAnnot_GetSubtype(annotation)
            raw.FPDFPage_CloseAnnot(annotation)
            if kind not in SILENT:
                return True
    return False


def _annotations(entries: pikepdf.Pdf | None, index: int) -> list[Annotation]:
    if entries is None:
        return []
    try:
        return annotations_of(entries, index)
    except (pikepdf.PdfError, IndexError, ValueError, TypeError, RecursionError):
        return []  # broken entries; what is drawn is read all the same


def _plain(page: pdfium.PdfPage) -> PageWords:
    layer = page.get_textpage()
    text = normalize(layer.get_text_bounded())
    return PageWords(page, layer, text, text, "")


def _unplaced(page: pdfium.PdfPage, found: list[Annotation]) -> PageWords:
    """Return a page of too many characters to place anything among them: marks come last."""
    plain = _plain(page)
    seen = [mark for each in found if not each.hidden and (mark := mark_of(each, ""))]
    missing = [mark for mark in seen if mark.kind != "check" and not says(plain.shown, mark.text)]
    values = _own_lines(mark for mark in missing if mark.kind != "comment")
    comments = _own_lines(mark for mark in missing if mark.kind == "comment")
    return plain._replace(
        shown=normalize("\n".join([plain.shown, *values])),
        noted=normalize("\n".join([plain.shown, *values, *comments])),
        marks=normalize("\n".join([*values, *comments])),
    )


def _own_lines(marks: Iterable[Mark]) -> list[str]:
    """Return marks as lines, for a page whose own text is of no use; a bare check box says none."""
    return [f"{mark.text} {mark.label}".strip() for mark in marks if mark.text != OFF]


def _remove_hidden(page: pdfium.PdfPage, found: Iterable[Annotation]) -> None:
    """Take away what nobody may see, before annotations are merged into the page."""
    for number in sorted((each.number for each in found if each.hidden), reverse=True):
        raw.FPDFPage_RemoveAnnot(page, number)


def _flattened(document: pdfium.PdfDocument, page: pdfium.PdfPage, index: int) -> pdfium.PdfPage:
    if raw.FPDFPage_GetAnnotCount(page) == 0:
        return page
    if raw.FPDFPage_Flatten(page, raw.FLAT_NORMALDISPLAY) != raw.FLATTEN_SUCCESS:
        return page
    page.close()
    return document[index]


def _characters(page: pdfium.PdfPage, layer: pdfium.PdfTextPage) -> list[_Character] | None:
    """Return the characters on the paper with their places; None where there are too many."""
    count = layer.count_chars()
    if count > MAX_CHARACTERS:
        return None
    paper: Box = page.get_bbox()
    found = []
    for at in range(count):
        number = raw.FPDFText_GetUnicode(layer, at)
        text = chr(number) if 0 < number <= sys.maxunicode else "\ufffd"
        box = None if text.isspace() else _box_of(layer, at)
        if box is None or _lies_within(box, paper):
            found.append(_Character(text, box))
    return found


def _box_of(layer: pdfium.PdfTextPage, at: int) -> Box | None:
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    if not raw.FPDFText_GetCharBox(layer, at, left, right, bottom, top):
        return None
    return left.value, bottom.value, right.value, top.value


def _lies_within(box: Box, area: Box) -> bool:
    """Return whether the centre of a box lies within an area."""
    across, up = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return area[0] - EDGE <= across <= area[2] + EDGE and area[1] - EDGE <= up <= area[3] + EDGE


def _begins_with(characters: list[_Character], own: list[_Character]) -> bool:
    """Return whether merged annotations come after the characters that the page had before."""
    return [each.text for each in characters[: len(own)]] == [each.text for each in own]


def _lines(characters: Iterable[_Character]) -> Iterator[Line]:
    text, boxes = "", list[Box | None]()
    for each in (*characters, _Character("\n", None)):
        if each.text not in "\r\n":
            text += each.text
            boxes.append(each.box)
        elif text.strip():
            yield Line(text, boxes)
            text, boxes = "", []


def _by_annotation(
    characters: list[_Character], annotations: list[Annotation]
) -> tuple[list[str], list[_Character]]:
    """Return what each annotation's drawing says, and the characters that none of them has."""
    drawn: list[list[str]] = [[] for _ in annotations]
    rest: list[_Character] = []
    by_height = _by_height(annotations)
    owner: int | None = None
    for each in characters:
        if each.box is not None:
            place = each.box
            if owner is None or not _lies_within(place, annotations[owner].box):
                near = by_height.get(int((place[1] + place[3]) / 2 // BAND), ())
                owner = next((n for n in near if _lies_within(place, annotations[n].box)), None)
        if owner is None:
            rest.append(each)
        else:
            drawn[owner].append(each.text)
    return [_said("".join(texts)) for texts in drawn], rest


def _by_height(annotations: list[Annotation]) -> dict[int, list[int]]:
    """Return the numbers of the annotations in each band of the page."""
    found: dict[int, list[int]] = {}
    for number, each in enumerate(annotations):
        first, last = (int(side // BAND) for side in (each.box[1] - EDGE, each.box[3] + EDGE))
        for band in range(first, min(last, first + MOST_BANDS) + 1):
            found.setdefault(band, []).append(number)
    return found


def _said(text: str) -> str:
    return "\n".join(line.strip() for line in normalize(text).split("\n") if line.strip())


def _draw_missing(
    document: pdfium.PdfDocument,
    page: pdfium.PdfPage,
    annotations: list[Annotation],
    drawn: list[str],
) -> bool:
    """Draw the values that nothing draws, for a picture of the page and for OCR."""
    missing = [
        each
        for each, text in zip(annotations, drawn, strict=True)
        if each.kind == "value" and each.text and not says(text, each.text)
    ]
    missing += [
        each._replace(text="X")
        for each, text in zip(annotations, drawn, strict=True)
        if each.kind == "check" and each.text == ON and not each.drawn and not text
    ]
    for each in missing:
        _write(document, page, each)
    return bool(missing) and bool(raw.FPDFPage_GenerateContent(page))


def _write(document: pdfium.PdfDocument, page: pdfium.PdfPage, value: Annotation) -> None:
    """Write a value into its box with a font that every reader has: Latin letters alone."""
    left, bottom, right, top = value.box
    lines = value.text.encode("cp1252", "replace").decode("cp1252").split("\n")
    size = min(FONT_SIZE, (top - bottom) / LINE_HEIGHT / len(lines))
    widest = max(map(len, lines)) * LETTER_WIDTH
    size = max(SMALLEST_FONT, min(size, (right - left) / max(1.0, widest)))
    for number, line in enumerate(lines):
        item = raw.FPDFPageObj_NewTextObj(document, b"Helvetica", size)
        encoded = ctypes.create_string_buffer((line + "\0").encode("utf-16-le"))
        raw.FPDFText_SetText(item, ctypes.cast(encoded, raw.FPDF_WIDESTRING))
        raw.FPDFPageObj_Transform(item, 1, 0, 0, 1, left + 2, top - (number + 0.9) * size)
        raw.FPDFPage_InsertObject(page, item)
