"""Find the place of a quote among the words of a page, so that a picture can mark it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from docflow.models.pages import Word
from docflow.policy.evidence import normalized


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page; 0 to 1 is the width or height from the top left corner."""

    left: float
    top: float
    right: float
    bottom: float


def boxes_of(quote: str, words: Sequence[Word], *, width: float, height: float) -> list[Box]:
    """Return one box for each word of a quote, or no box if the quote is not on the page.

    Case, white space, punctuation and hyphens at line ends are ignored.

    Args:
        quote: the text to find.
        words: the words of the page in reading order.
        width: width of the page, in the unit of the words' polygons.
        height: height of the page, in the same unit.
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
    """Return the letters and digits of a text; a hyphen may come from a line break."""
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
