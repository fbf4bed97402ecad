"""Comparison of texts: the same words are equal, however they are written or broken into lines.

Letters and digits alone count. Case, accents that are characters of their own, ligatures,
full-width and presentation forms, line breaks, hyphens and invisible characters make no difference:
"ap-pointed" with a blank or a line break after the hyphen equals "appointed".

Whatever looks for words in a text does it with this module: the check of quotes, the places of
quotes on a page, the rules of urgency, the choice between the parts of a mail. All of it takes time
in proportion to the length of the text.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

GAP, MAYBE, STOP = " ", "-", "."
"""What separates two words of a folded text: any gap; a hyphen or an apostrophe, where nobody can
tell whether its sides are one word or two; the end of a sentence."""
SEPARATORS = re.compile(rf"[{GAP}{STOP}{MAYBE}]+")

TOKEN = re.compile(r"[^\W_]+|[\x00-/:-@\[-`{-\x7f]+|\s+|.", re.DOTALL)
"""Letters and digits, signs of ASCII, blanks, or one other character."""
SOFT_HYPHEN = "\u00ad"
WITHIN_WORDS = re.compile(
    r"[-\u2010\u2011\u2013\u058a\u05be\ufe63\uff0d'\u2018\u2019\u02b9\u02bc\u05f3\uff07\u00b7\u2027]"
)
"""Hyphens, apostrophes and middle dots."""
LINE_END_HYPHEN = re.compile(rf"[-\u2010\u2011\uff0d\u2e17\u00ac{SOFT_HYPHEN}]\s+")
"""A hyphen at the end of a line; the line break may have become a blank. OCR writes some as `¬`."""
SENTENCE_END = re.compile(
    r"[.!?;:\u2026\u061b\u061f\u06d4\u0964].*\s|[\u3002\uff01\uff1a\uff1b\uff1f]", re.DOTALL
)
INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    r"\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    r"\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
TRADE_MARKS = "\u2120\u2122"
"""Signs that stand for letters which nobody reads."""
UNWRITTEN = re.compile(r"[\u0307\u0591-\u05bd\u05bf-\u05c7\u0640\u064b-\u0652\u0670]")
"""Left out of words: the points of Hebrew and Arabic, which most texts do not write; the stroke
that lengthens Arabic letters; the dot that folding leaves over an i."""
UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""Letters of scripts without blanks between words: there, any place may be the edge of a word."""


class Span(NamedTuple):
    """A part of a text, from a position up to another."""

    start: int
    end: int


class Piece(NamedTuple):
    """Letters that stand side by side in the original text, and what they became."""

    at: int
    """Position in the folded text."""
    length: int
    """Number of letters there."""
    start: int
    """Position in the original text."""
    written: str


class FoldedText:
    """A text in the form in which it is compared, with the way back to the original.

    `text` has the folded words, separated by one `GAP`, `MAYBE` or `STOP`; `letters` has the words
    without anything between them.
    """

    __slots__ = ("_pieces", "letters", "text")

    def __init__(self, text: str, pieces: list[Piece]) -> None:
        self.text = text
        self.letters = SEPARATORS.sub("", text)
        self._pieces = pieces

    @property
    def words(self) -> list[str]:
        """Return the words; one with a hyphen is one word."""
        return re.findall(rf"[^{GAP}{STOP}]+", self.text.replace(MAYBE, ""))

    def find(self, quote: FoldedText) -> Span | None:
        """Return where a quote stands in the original text; None where it does not.

        It begins and ends where words do: "pay 10" is not in "pay 100".
        """
        length = len(quote.letters)
        at = self.letters.find(quote.letters) if length else -1
        if at < 0:
            return None
        edges = self._edges()
        while at >= 0:
            if self._is_edge(at, edges) and self._is_edge(at + length, edges):
                first, last = _shifted(at, edges), _shifted(at + length - 1, edges)
                return self.span(first, last + 1)
            at = self.letters.find(quote.letters, at + 1)
        return None

    def span(self, start: int, end: int) -> Span:
        """Return where the words in a part of `text` stand in the original text."""
        part = self.text[start:end]
        first = end - len(part.lstrip(GAP + MAYBE + STOP))
        last = start + len(part.rstrip(GAP + MAYBE + STOP)) - 1
        return Span(self._origin(first), self._origin(max(first, last)) + 1)

    def _edges(self) -> dict[int, int]:
        """Return, for each place in `letters` where a word begins, its place in `text`."""
        starts = [separator.end() for separator in SEPARATORS.finditer(self.text)]
        ends = accumulate(map(len, SEPARATORS.split(self.text)))
        return dict(zip([0, *ends], [0, *starts, len(self.text)], strict=True))

    def _is_edge(self, at: int, edges: dict[int, int]) -> bool:
        return at in edges or UNSPACED.search(self.letters, at - 1, at + 1) is not None

    def _origin(self, at: int) -> int:
        """Return where in the original text the character at a place of `text` comes from."""
        index = bisect_right(self._pieces, at, key=lambda piece: piece.at) - 1
        piece = self._pieces[max(0, index)]
        inside = min(at - piece.at, piece.length - 1)
        if piece.length != len(piece.written):
            ends = list(accumulate(len(_folded(character)) for character in piece.written))
            # Marks join the letter before them: then the place is that of a neighbour.
            inside = min(bisect_right(ends, inside), len(ends) - 1)
        return piece.start + inside


def fold(text: str) -> FoldedText:
    """Return a text in the form in which it is compared."""
    folded: list[str] = []
    pieces: list[Piece] = []
    at = 0
    before = ""
    for gap, start, written in _runs(text):
        word = _folded(written)
        if not word:
            continue
        separator = _separator(before, gap, word) if before else ""
        folded += (separator, word)
        at += len(separator)
        pieces.append(Piece(at, len(word), start, written))
        at += len(word)
        before = word
    return FoldedText("".join(folded), pieces)


def _runs(text: str) -> Iterator[tuple[str, int, str]]:
    """Yield the letters that stand side by side: the gap before them, their place, and they."""
    before = gap = run = ""
    start = end = 0
    for token in TOKEN.finditer(text):
        written = token[0]
        joins = bool(run) and not gap and token.start() == end
        if not written[0].isalnum() and not _is_letter(written, joins=joins):
            gap += written if written == " " else INVISIBLE.sub("", written)
            continue
        if joins:
            run += written
        else:
            if run:
                yield before, start, run
            before, start, run, gap = gap, token.start(), written, ""
        end = token.end()
    if run:
        yield before, start, run


def _is_letter(character: str, *, joins: bool) -> bool:
    """Return whether a character is a part of a word although it is neither letter nor digit."""
    if character.isspace() or character[0].isascii() or INVISIBLE.match(character):
        return False
    if unicodedata.category(character)[0] == "M":
        return joins
    plain = unicodedata.normalize("NFKC", character)
    return character not in TRADE_MARKS and plain != character and any(map(str.isalnum, plain))


def _folded(written: str) -> str:
    """Return letters as they are compared (NFKC, case folded, digits in ASCII)."""
    if written.isascii():
        return written.lower()
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", written).casefold())
    plain = UNWRITTEN.sub("", plain).replace("\u0131", "i")
    return "".join(_letter(c) for c in plain if c.isalnum() or unicodedata.category(c)[0] == "M")


def _letter(character: str) -> str:
    return str(unicodedata.decimal(character)) if character.isdecimal() else character


def _separator(before: str, gap: str, after: str) -> str:
    if gap == " " and before.isascii():
        return GAP
    if gap in {"", SOFT_HYPHEN}:
        return ""
    if WITHIN_WORDS.fullmatch(gap) or LINE_END_HYPHEN.fullmatch(gap):
        return GAP if before[-1].isdigit() and after[0].isdigit() else MAYBE
    if gap.isspace() and UNSPACED.match(before[-1]) and UNSPACED.match(after[0]):
        return ""
    return STOP if SENTENCE_END.search(gap) else GAP


def _shifted(at: int, edges: dict[int, int]) -> int:
    """Return the place in `text` of a place in `letters`."""
    starts = list(edges)
    start = starts[bisect_right(starts, at) - 1]
    return edges[start] + at - start
