"""Finds a quote among the words that OCR saw on a page, so that a picture can show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from docflow.models.pages import Word
from docflow.policy.evidence import normalized


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page, in shares of its width and height from the top left corner."""

    left: float
    top: float
    right: float
    bottom: float


def boxes_of(quote: str, words: Sequence[Word], *, width: float, height: float) -> list[Box]:
    """Give the boxes of a quote, one for each of its words; none where it is not on the page.

    Compared as quotes are checked: apart from case, white space, marks around words and words
    that are broken at the end of a line.

    Args:
        quote: what to find.
        words: the words of the page in reading order.
        width: of the page, in the unit of the words' polygons.
        height: likewise.
    """
    wanted = _letters(quote)
    if not wanted or width <= 0 or height <= 0:
        return []
    text, owners = "", []
    for index, word in enumerate(words):
        letters = _letters(word.text)
        text += letters
        owners += [index] * len(letters)
    start = text.find(wanted)
    if start < 0:
        return []
    found = sorted(set(owners[start : start + len(wanted)]))
    return [_box(words[index], width, height) for index in found if words[index].polygon]


def _letters(text: str) -> str:
    """Give what counts of a text: a hyphen may be a word's own or its line's."""
    return "".join(character for character in normalized(text) if character.isalnum())


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
