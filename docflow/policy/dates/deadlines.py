"""Which dates of a text are the last day for something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from docflow.policy.dates.mention import DateForm, DateMention
from docflow.policy.dates.text import ReadText
from docflow.policy.dates.words import PhraseKind, words

_REACH = 7
"""Words between the word that makes a date a deadline and the date."""

_BETWEEN = frozenset(
    [
        "the",
        "of",
        "on",
        "at",
        "by",
        "le",
        "la",
        "les",
        "l'",
        "der",
        "den",
        "dem",
        "die",
        "das",
        "el",
        "los",
        "las",
        "lo",
        "il",
        "lo",
        "al",
        "del",
        "dello",
        "de",
        "do",
        "da",
        "dos",
        "het",
        "dia",
        "dia",
        "giorno",
        "dnia",
        "dagen",
        "den",
        "de",
        "close",
        "business",
        "end",
        "noon",
        "midday",
        "midnight",
        "5pm",
        "pm",
        "am",
        "uhr",
        "h",
        "hrs",
        "hours",
        "o'",
        "clock",
        ",",
        ":",
        "(",
        ")",
        "-",
        ".",
        "latest",
        "date",
        "day",
        "morning",
        "afternoon",
        "evening",
        "friday",
        "in",
        "is",
        "are",
    ]
)


@dataclass(frozen=True, slots=True)
class Deadline:
    """A date by which something is to be done, or by which something happens."""

    mention: DateMention
    start: int
    """Offset of the word that makes it one: "by", "no later than", "within"."""


def deadlines(text: ReadText, dates: Sequence[DateMention]) -> list[Deadline]:
    """Return those dates of a text that are deadlines, in the order of the text.

    A term ("within 14 days") is one by itself. Any other date is one after a word such as "by",
    "due" or "spätestens". Whether the sentence asks something of the reader is not looked at here.
    """
    found = []
    for mention in dates:
        if mention.form is DateForm.TERM:
            found.append(Deadline(mention, mention.start))
            continue
        start = _word_before(text, mention)
        if start is None:
            start = _word_after(text, mention)
        if start is not None:
            found.append(Deadline(mention, start))
    return found


def _word_before(text: ReadText, mention: DateMention) -> int | None:
    index = text.index_before(mention.start)
    weekdays = words().weekdays
    for _ in range(_REACH):
        if index < 0:
            return None
        start = _ends_here(text, index, "deadline", mention.language)
        if start is not None:
            return None if _is_void(text, start, index, mention.language) else start
        token = text.tokens[index]
        passed = token.text in _BETWEEN or token.text in weekdays or token.is_number
        if not passed:
            return None
        index -= 1
    return None


def _word_after(text: ReadText, mention: DateMention) -> int | None:
    index = text.index_before(mention.end) + 1
    index += text.word(index) in (",", "(")
    if index >= len(text.tokens):
        return None
    for _, language in words().phrases("deadline_after").at(text.tokens, index):
        if mention.language in ("", language):
            return mention.start
    return None


def _ends_here(text: ReadText, index: int, kind: PhraseKind, language: str) -> int | None:
    for length, found in words().phrases(kind).ending_at(text.tokens, index):
        if language in ("", found):
            return text.tokens[index - length + 1].start
    return None


def _is_void(text: ReadText, start: int, index: int, language: str) -> bool:
    """Return whether what stands before "due on" says that it is none: "was due on"."""
    while index >= 0 and text.tokens[index].start >= start:
        if _ends_here(text, index, "no_deadline", language) is not None:
            return True
        index -= 1
    return False
