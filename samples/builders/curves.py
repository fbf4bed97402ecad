"""Text drawn as filled curves, as design programs export it: no reader finds characters in it."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import cache

import pypdfium2 as pdfium
from pypdfium2 import raw

LEADING = 1.4
STRAIGHT = {raw.FPDF_SEGMENT_LINETO: "l", raw.FPDF_SEGMENT_MOVETO: "m"}

Outline = tuple[tuple[float, float, str], ...]
"""Points with the PDF operators that they end, at a font size of one."""


def curves(lines: Sequence[str], *, size: float = 12, top: float = 700) -> str:
    """Returns PDF operators that draw lines of text, the first with its base at `top`."""
    drawn = []
    for row, line in enumerate(lines):
        across = 60.0
        for letter in line:
            path, advance = outline_of(letter)
            for x, y, operator in path:
                up = top - LEADING * size * row + y * size
                drawn.append(
                    "h" if operator == "h" else f"{across + x * size:.2f} {up:.2f} {operator}"
                )
            drawn.append("f")
            across += advance * size
    return "\n".join(drawn)


@cache
def outline_of(letter: str) -> tuple[Outline, float]:
    """Returns the outline of a letter of Helvetica, and its advance, at a font size of one."""
    document = pdfium.PdfDocument.new()
    font = raw.FPDFText_LoadStandardFont(document, b"Helvetica")
    path = raw.FPDFFont_GetGlyphPath(font, ord(letter), 1)
    parts: list[tuple[float, float, str]] = []
    of_curve = 0
    for at in range(raw.FPDFGlyphPath_CountGlyphSegments(path)):
        segment = raw.FPDFGlyphPath_GetGlyphPathSegment(path, at)
        x, y = ctypes.c_float(), ctypes.c_float()
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        kind = raw.FPDFPathSegment_GetType(segment)
        of_curve = of_curve % 3 + 1 if kind == raw.FPDF_SEGMENT_BEZIERTO else 0
        operator = STRAIGHT.get(kind, "c" if of_curve == 3 else "")
        parts.append((x.value, y.value, operator))
        if raw.FPDFPathSegment_GetClose(segment):
            parts.append((0, 0, "h"))
    advance = ctypes.c_float()
    raw.FPDFFont_GetGlyphWidth(font, ord(letter), 1, advance)
    return tuple(parts), advance.value
