"""Cuts the text of a document without pages of its own into pages, so that places have numbers.

Each page of OCR's own counting begins a page; a sheet of a thousand rows becomes several.
"""

from __future__ import annotations

from collections.abc import Iterator

from docflow.models.pages import PageText
from docflow.models.states import PageMethod

CHARACTERS_PER_PAGE = 4_000
"""What fits a printed page; OCR counts 3,000 characters of a text as one."""


def cut(page: PageText) -> list[PageText]:
    """Cut a whole document into pages, the first of which knows how many follow it.

    What is not a whole document is its own only page. Only the first piece of what OCR counted as
    one page counts as recognized, so that pages add up to what was paid for.
    """
    if not page.whole:
        return [page]
    pieces = [
        (text, page.recognized and position == 0)
        for counted in page.text.split("\f")
        for position, text in enumerate(_pieces(counted))
    ]
    return [
        page.model_copy(
            update={
                "number": page.number + position,
                "text": text,
                "method": page.method if text else PageMethod.EMPTY,
                "confidence": page.confidence if text else None,
                "recognized": recognized,
                "whole": False,
                "further_pages": 0 if position else len(pieces) - 1,
            }
        )
        for position, (text, recognized) in enumerate(pieces)
    ]


def _pieces(text: str) -> Iterator[str]:
    """Cut a text at line ends, or between words, or where it must be."""
    start, end = 0, len(text)
    while end - start > CHARACTERS_PER_PAGE:
        stop = _line_end(text, start, start + CHARACTERS_PER_PAGE)
        yield _trimmed(text[start:stop])
        start = stop
    yield _trimmed(text[start:])


def _line_end(text: str, start: int, latest: int) -> int:
    for separator in ("\n", " "):
        place = text.rfind(separator, start, latest)
        if place > start:
            return place + 1
    return latest


def _trimmed(text: str) -> str:
    return text.strip("\n") if text.strip() else ""
