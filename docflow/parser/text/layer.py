"""Whether the text layer of a PDF page can be trusted; decided on values, without a PDF."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from docflow.parser.findings import ALWAYS, AUTO, NEVER, OCR_IS_OFF
from docflow.parser.formats.plain_text import clean
from docflow.parser.text.legibility import is_legible, is_scrambled

ENOUGH_CHARACTERS = 20
"""Characters, blanks aside, that make a text layer; below that it is a stamp or a page number."""
SPARSE_CHARACTERS = 200
"""Below that, a picture over most of the page is what the page is about."""
COVERING_SHARE = 0.6
"""Share of the page that a picture covers to be what the page is about."""
SANE_SHARE = 0.9
"""Share of characters that mean something: fonts without a map give private or broken ones."""
WORDLIKE_SHARE = 0.4
"""Share of letters and digits; fonts with a wrong map give mostly signs."""

FEWEST_WORDS = 40
WORDS_OF_A_LINE = 4
"""Words of a page, and of a line, from which on they are looked at: lists have short lines."""
SPELLED_OUT_SHARE = 0.5
"""Share of words of one letter from which the words of a page are broken into letters."""

LEADERS = re.compile(r"([^\w\ufffd])\1{3,}")
"""Dots of a table of contents, rules of hyphens: signs, but no sign of a wrong font."""

SOFT_HYPHENS = str.maketrans({"\x02": "-", "\ufffe": "-"})
"""PDFium marks the hyphen of a word that is broken at a line's end so."""


@dataclass(frozen=True, slots=True)
class PageLook:
    """What a page holds beside its text."""

    covered: float
    """Share of the page that pictures cover, 0 to 1."""
    drawn: bool
    """Whether anything but text is to be seen on the page: pictures, lines, areas."""


BLANK = PageLook(covered=0, drawn=False)


@dataclass(frozen=True, slots=True)
class Sight:
    """Ways to look at a page; each takes time and is only used where it matters."""

    look: Callable[[], PageLook]
    shows_unsaid: Callable[[], bool]
    """Whether a large picture shows more than the text over it says."""


@dataclass(frozen=True, slots=True)
class Choice:
    """How a page is to be read, and why."""

    method: str
    """`text-layer`, `empty` or `ocr`."""
    reason: str
    unread: bool = False
    """Whether something on the page stays unread, where OCR is off."""


def normalize(text: str) -> str:
    """Give text as extracted in the form that is stored."""
    lines = clean(text.translate(SOFT_HYPHENS)).replace("\f", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def choose(text: str, sight: Sight, mode: str = AUTO, unmapped: str = "") -> Choice:
    """Choose how a page is read.

    `unmapped` are the characters that are guessed, as a font names none, where they are many.
    """
    characters = "".join(text.split())
    if mode == ALWAYS:
        anything = bool(characters) or sight.look().drawn
        return Choice("ocr", "OCR_MODE is always") if anything else _choose_without_text(BLANK)
    readable = (
        _is_readable(characters, unmapped) and not _is_spelled_out(text) and not is_scrambled(text)
    )
    choice = _choose(text, characters, sight, readable)
    if mode == NEVER and choice.method == "ocr":
        # A broken font map would mislead every reader: better no text than a wrong one.
        method = "text-layer" if readable else "empty"
        return Choice(method, f"{choice.reason}; {OCR_IS_OFF}", unread=True)
    return choice


def _choose(text: str, characters: str, sight: Sight, readable: bool) -> Choice:
    if not characters:
        return _choose_without_text(sight.look())
    if not readable:
        return Choice("ocr", "text layer is not readable")
    if len(characters) < SPARSE_CHARACTERS:
        seen = sight.look()
        if seen.covered > COVERING_SHARE:
            return Choice("ocr", "picture covers the page")
        if len(characters) < ENOUGH_CHARACTERS and seen.drawn:
            return Choice("ocr", f"text layer of {len(text):,} characters only")
    if sight.shows_unsaid():
        return Choice("ocr", "picture shows more than the text layer says")
    return Choice("text-layer", f"text layer of {len(text):,} characters")


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
    """Whether letters stand alone, as where a page sets each one by itself.

    Only letters that are large or small count: other scripts may well have words of one.
    """
    lines = (line.split() for line in text.split("\n"))
    of_several = (line for line in lines if len(line) >= WORDS_OF_A_LINE)
    words = [word for line in of_several for word in line if word.lower() != word.upper()]
    alone = sum(1 for word in words if len(word) == 1)
    return len(words) >= FEWEST_WORDS and alone > SPELLED_OUT_SHARE * len(words)


def _is_sane(character: str) -> bool:
    return character != "\ufffd" and unicodedata.category(character) not in {"Co", "Cn", "Cc", "Cs"}
