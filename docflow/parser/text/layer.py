"""Decides whether the text layer of a PDF page can be trusted; it works on values, not on a PDF."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from docflow.parser.pages import OCR_IS_OFF
from docflow.parser.requests import ALWAYS, AUTO, NEVER
from docflow.parser.text.characters import clean
from docflow.parser.text.legibility import is_east_asian, is_legible, is_scrambled

ENOUGH_CHARACTERS = 20
"""Fewest characters of a text layer, without blanks; fewer are a stamp or a page number."""
EAST_ASIAN_LETTERS = 3
"""Letters that an East Asian character stands for: eight of them are a sentence."""
SPARSE_CHARACTERS = 200
"""Below that, a picture that covers most of the page is its content."""
COVERING_SHARE = 0.6
"""Share of the page that such a picture covers."""
SANE_SHARE = 0.9
"""Least share of valid characters: fonts without a map produce private or broken ones."""
WORDLIKE_SHARE = 0.4
"""Least share of letters and digits; fonts with a wrong map produce mostly punctuation."""

FEWEST_WORDS = 40
WORDS_OF_A_LINE = 4
"""Fewest words of a page, and of a line, to examine; lists have short lines."""
SPELLED_OUT_SHARE = 0.5
"""Share of one-letter words above which the words of a page are broken into letters."""

LEADERS = re.compile(r"([^\w\ufffd])\1{3,}")
"""Dots of a table of contents and lines of hyphens: not evidence of a wrong font."""

SOFT_HYPHENS = str.maketrans({"\x02": "-", "\ufffe": "-"})
"""Characters with which PDFium marks a hyphen at the end of a line."""


@dataclass(frozen=True, slots=True)
class PageLook:
    """What is on a page beside its text."""

    covered: float
    """Share of the page that pictures cover, 0 to 1."""
    drawn: bool
    """Whether anything except text is visible on the page: pictures, lines, areas."""


BLANK = PageLook(covered=0, drawn=False)


@dataclass(frozen=True, slots=True)
class Sight:
    """Examinations of a page; each takes time and is only called where it matters."""

    look: Callable[[], PageLook]
    shows_unsaid: Callable[[], bool]
    """Returns whether a large picture shows more than the text over it says."""


@dataclass(frozen=True, slots=True)
class Choice:
    """How a page should be read, and why."""

    method: str
    """`text-layer`, `empty` or `ocr`."""
    reason: str
    unread: bool = False
    """Whether something on the page stays unread, where OCR is off."""
    readable: bool = field(default=True, compare=False)
    """Whether the text layer can be trusted as far as it goes."""


def normalize(text: str) -> str:
    """Return extracted text in the form that is stored."""
    lines = clean(text.translate(SOFT_HYPHENS)).replace("\f", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def choose(text: str, sight: Sight, mode: str = AUTO, unmapped: str = "") -> Choice:
    """Choose how a page is read.

    Args:
        text: the text layer, normalized.
        sight: examinations of the page.
        mode: a mode of OCR.
        unmapped: characters that PDFium guessed since their font maps none; empty if they are few.
    """
    characters = "".join(text.split())
    if mode == ALWAYS:
        anything = bool(characters) or sight.look().drawn
        choice = Choice("ocr", "OCR_MODE is always") if anything else _choose_without_text(BLANK)
        return replace(choice, readable=_can_be_read(text, characters, unmapped))
    readable = _can_be_read(text, characters, unmapped)
    choice = replace(_choose(text, characters, sight, readable), readable=readable)
    if mode == NEVER and choice.method == "ocr":
        # With a broken font map the text is wrong, and no text is better than a wrong one.
        method = "text-layer" if readable else "empty"
        return Choice(method, f"{choice.reason}; {OCR_IS_OFF}", unread=True, readable=readable)
    return choice


def _can_be_read(text: str, characters: str, unmapped: str) -> bool:
    return (
        _is_readable(characters, unmapped) and not _is_spelled_out(text) and not is_scrambled(text)
    )


def _choose(text: str, characters: str, sight: Sight, readable: bool) -> Choice:
    if not characters:
        return _choose_without_text(sight.look())
    if not readable:
        return Choice("ocr", "text layer is not readable")
    weight = _weight(characters)
    if weight < SPARSE_CHARACTERS:
        seen = sight.look()
        if seen.covered > COVERING_SHARE:
            return Choice("ocr", "picture covers the page")
        if weight < ENOUGH_CHARACTERS and seen.drawn:
            return Choice("ocr", f"text layer of {len(text):,} characters only")
    if sight.shows_unsaid():
        return Choice("ocr", "page shows more than its text layer says")
    return Choice("text-layer", f"text layer of {len(text):,} characters")


def _weight(characters: str) -> int:
    """Return the length of a text in letters of an alphabet; a long one is not looked at."""
    if len(characters) >= SPARSE_CHARACTERS:
        return len(characters)
    east_asian = sum(1 for character in characters if is_east_asian(character))
    return len(characters) + (EAST_ASIAN_LETTERS - 1) * east_asian


def _choose_without_text(seen: PageLook) -> Choice:
    if seen.drawn:
        return Choice("ocr", "no text layer")
    return Choice("empty", "nothing on the page")


def _is_readable(characters: str, unmapped: str) -> bool:
    if not characters or (unmapped and not is_legible(unmapped)):
        return False
    without_leaders = LEADERS.sub(r"\1", characters)
    sane = sum(1 for c in without_leaders if _is_sane(c))
    wordlike = sum(1 for c in without_leaders if c.isalnum())
    total = len(without_leaders)
    return sane >= SANE_SHARE * total and wordlike >= WORDLIKE_SHARE * total


def _is_spelled_out(text: str) -> bool:
    """Return whether most words are single letters, as where a page places each letter itself.

    Only letters with upper and lower case count: other scripts may have words of one character.
    """
    lines = (line.split() for line in text.split("\n"))
    of_several = (line for line in lines if len(line) >= WORDS_OF_A_LINE)
    words = [word for line in of_several for word in line if word.lower() != word.upper()]
    alone = sum(1 for word in words if len(word) == 1)
    return len(words) >= FEWEST_WORDS and alone > SPELLED_OUT_SHARE * len(words)


def _is_sane(character: str) -> bool:
    return character != "\ufffd" and unicodedata.category(character) not in {"Co", "Cn", "Cc", "Cs"}
