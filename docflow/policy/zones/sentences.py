"""Sentences of a letter, and whether it asserts them here and now."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from docflow.parser.text.comparison import FoldedText, fold
from docflow.policy.zones.lines import TextLine, lines_of
from docflow.policy.zones.words import WordKind, pattern
from docflow.policy.zones.zone import Zone, ZoneKind

_DIGIT_IN_WORD = re.compile(
    r"(?<=[^\W\d_])[0158]+(?=[^\W\d_])|\b[0158](?=[^\W\d_]{3})|(?<=[^\W\d_]{3})[01]\b"
)
_MISREAD = str.maketrans("0158", "oisb")
"""Letters that OCR reads as digits."""
_OPENING_QUOTES = ('"', "\u00ab", "\u201c", "\u201e")
_LONGEST_HEADING = 16
_QUOTES = "\"'\u00ab\u00bb\u2018-\u201f"
_END = re.compile(
    rf"[.!?\u2026][{_QUOTES})\]]*\s+(?=[{_QUOTES}(\[\u00bf\u00a1]?[A-Z\u00c0-\u017d\u0391-\u03a9\u0410-\u042f\d])"
    r"|[\u3002\uff01\uff1f]"
)
_SHORT_FORM = re.compile(
    r"(?:\b(?:dr|mr|mrs|ms|st|no|nr|art|abs|bzw|ca|z\.b|d\.h|etc|vs|inc|ltd|co|tel|sr|sra|dott|sig"
    r"|ul|pkt|ust|p\.m|a\.m|approx|str|prof|inkl|ggf|evtl|m|mme|av)|\b[a-z]|\b\d{1,2})\.\s+$",
    re.IGNORECASE,
)


class Doubt(StrEnum):
    """Why a sentence is not taken as asserted here and now."""

    NONE = ""
    CONDITIONAL = "conditional"
    """It speaks of a case that may never come, as printed terms do."""
    SETTLED = "settled"
    """It says that the matter is over."""
    PAST = "past"
    """It speaks of earlier times."""
    EXAMPLE = "example"
    """It speaks of an exercise, a story, a sample, or quotes somebody."""


@dataclass(frozen=True)
class Sentence:
    """A sentence of the letter, with its place in the text."""

    start: int
    end: int
    text: str

    @cached_property
    def folded(self) -> FoldedText:
        """Return the sentence as it is compared, with digits that OCR read for letters mended."""
        return fold(without_misread_digits(self.text))

    def has(self, kind: WordKind, language: str = "") -> bool:
        """Return whether it holds words of a kind."""
        return pattern(kind, language).search(self.folded.text) is not None

    @property
    def addresses(self) -> bool:
        """Return whether it speaks to the reader."""
        return self.has("addressed")

    @property
    def is_heading(self) -> bool:
        """Return whether it is no sentence, as a heading, a name or an entry of a table."""
        return self.text.rstrip()[-1:] not in ".!?;" and len(self.text.split()) <= _LONGEST_HEADING


def sentences_of(text: str, zones: Sequence[Zone]) -> list[Sentence]:
    """Return the sentences of the letter itself, in its order.

    A line break ends a sentence only at the end of a paragraph, a heading or an item of a list.
    """
    return [
        sentence
        for zone in zones
        if zone.kind is ZoneKind.LETTER
        for start, end in _blocks(text, zone)
        for sentence in _in_block(text, start, end)
    ]


def doubt_about(sentence: Sentence, language: str = "", *, dated: bool = False) -> Doubt:
    """Return why a sentence is not asserted, or that there is no reason.

    Args:
        sentence: A sentence of the letter.
        language: The language of the text, if it is known.
        dated: Whether it names a day that is still to come. "If you do not pay by Friday, we will"
            is a demand; "if a customer does not pay, the supplier may" is not.
    """
    conditional = sentence.has("conditions", language)
    if sentence.has("settled", language) and not conditional:
        return Doubt.SETTLED  # not "if you have paid, no action is needed"
    if sentence.has("examples", language) or sentence.text.startswith(_OPENING_QUOTES):
        return Doubt.EXAMPLE
    if sentence.has("past", language) and not dated:
        return Doubt.PAST
    if conditional and not dated:
        promises = sentence.addresses and not sentence.has("may", language)
        if not promises or sentence.has("parties", language):
            return Doubt.CONDITIONAL
    if sentence.has("may", language) and sentence.has("parties", language) and not dated:
        return Doubt.CONDITIONAL
    return Doubt.NONE


def _blocks(text: str, zone: Zone) -> Iterator[tuple[int, int]]:
    """Yield the paragraphs, headings and items of a zone."""
    begin: int | None = None
    previous: TextLine | None = None
    for line in lines_of(text[zone.start : zone.end]):
        if begin is not None and previous is not None and _separates(previous, line):
            yield begin, zone.start + previous.end
            begin = None
        if not line.is_blank and begin is None:
            begin = zone.start + line.start
        if not line.is_blank:
            previous = line
        elif begin is None:
            previous = None
    if begin is not None and previous is not None:
        yield begin, zone.start + previous.end


def _separates(before: TextLine, line: TextLine) -> bool:
    if line.is_blank or line.is_item:
        return True
    # A heading that goes on in the next line is written in the same way.
    both_loud = before.text.isupper() and line.text.isupper()
    ends = before.text.rstrip()[-1:] in ".!?:"
    return (
        not both_loud
        and before.is_heading
        and line.text[:1].isupper()
        and (ends or before.text.isupper() != line.text.isupper() or before.words <= 4)
    )


def _in_block(text: str, start: int, end: int) -> Iterator[Sentence]:
    begin = start
    for found in _END.finditer(text, start, end):
        if _SHORT_FORM.search(text, max(begin, found.end() - 16), found.end()):
            continue
        yield Sentence(begin, found.end(), text[begin : found.end()].strip())
        begin = found.end()
    if text[begin:end].strip():
        yield Sentence(begin, end, text[begin:end].strip())


def without_misread_digits(text: str) -> str:
    """Return a text in which digits inside words are the letters that OCR reads as them.

    "F1NAL N0TICE" is a final notice; "A1" and "2026" stay. The length stays the same.
    """

    def mend(found: re.Match[str]) -> str:
        ends_word = not text[found.end() : found.end() + 1].isalpha()
        return found[0].replace("1", "l") if ends_word else found[0].translate(_MISREAD)

    return _DIGIT_IN_WORD.sub(mend, text)
