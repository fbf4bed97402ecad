"""Cut the text of a document that has no pages into pages, so that evidence has a page number.

What OCR counts as a page begins a new page; a long one, such as a sheet of a thousand rows, becomes
several pages.
"""

from __future__ import annotations

from collections.abc import Iterator

from docflow.models.pages import PageText
from docflow.models.states import PageMethod

CHARACTERS_PER_PAGE = 4_000
"""About as many as on a printed page; OCR counts 3,000 characters of a text as one page."""


def cut(page: PageText) -> list[PageText]:
    """Return the pages of a `whole` document; the first page contains the number of the others.

    A page that is not `whole` is returned as it is. If one page of OCR becomes several, only the
    first is marked as recognized, so that the count of pages is equal to what OCR charges for.
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
    """Yield pieces of a text, cut at a line end if possible, otherwise between words."""
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
