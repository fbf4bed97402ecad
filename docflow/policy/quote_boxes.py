"""Find the place of a quote among the words of a page, so that a picture can mark it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from docflow.models.pages import Word
from docflow.parser.text.comparison import fold


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page; 0 to 1 is the width or height from the top left corner."""

    left: float
    top: float
    right: float
    bottom: float


def boxes_of(quote: str, words: Sequence[Word], *, width: float, height: float) -> list[Box]:
    """Return one box for each word of a quote, or no box if the quote is not on the page.

    The words are compared as they are to check quotes.

    Args:
        quote: the text to find.
        words: the words of the page in reading order.
        width: width of the page, in the unit of the words' polygons.
        height: height of the page, in the same unit.
    """
    if width <= 0 or height <= 0:
        return []
    found = fold(" ".join(word.text for word in words)).find(fold(quote))
    if found is None:
        return []
    starts = [0, *accumulate(len(word.text) + 1 for word in words)]
    first = bisect_right(starts, found.start) - 1
    last = bisect_left(starts, found.end)
    return [_box(word, width, height) for word in words[first:last] if word.polygon]


def _box(word: Word, width: float, height: float) -> Box:
    across, down = word.polygon[0::2], word.polygon[1::2]
    return Box(
        left=_share(min(across), width),
        top=_share(min(down), height),
        right=_share(max(across), width),
        bottom=_share(max(down), height),
    )


def _share(place: float, side: float) -> float:
    return round(min(1.0, max(0.0, place / side)), 4)
