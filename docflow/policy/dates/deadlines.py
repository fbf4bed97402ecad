"""Which dates of a text are the last day for something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from docflow.policy.dates.mention import DateForm, DateMention
from docflow.policy.dates.text import ReadText
from docflow.policy.dates.words import PhraseKind, words

_REACH = 7
"""Words between the word that makes a date a deadline and the date."""

_BETWEEN = frozenset({
    "(", ")", ",", "-", "5pm", ":", "afternoon", "al", "am", "are", "at", "business", "by",
    "chiusura", "cierre", "clock", "close", "ctvrtka", "czwartku", "da", "dagen", "das",
    "date", "day", "de", "del", "dello", "dem", "den", "der", "deze", "di", "dia", "die",
    "dienstschluss", "diesem", "diesen", "dit", "dnia", "do", "dos", "el", "end", "esta",
    "este", "evening", "fecho", "feira", "fermeture", "fine", "geschaftsschluss", "giorno",
    "godziny", "h", "het", "heure", "heures", "horas", "hours", "hrs", "il", "in", "is", "kl",
    "klockan", "l'", "la", "las", "latest", "le", "les", "lo", "los", "mezzogiorno", "midday",
    "midi", "midnight", "mittag", "morning", "nedele", "niedzieli", "noon", "o'", "of", "on",
    "ore", "patku", "piatku", "pm", "pondeli", "poniedzialku", "quarta", "quinta", "sabado",
    "segunda", "sexta", "sluitingstijd", "soboty", "srody", "stredy", "terca", "the", "this",
    "uhr", "utery", "v", "w", "wtorku",
})  # fmt: skip
"""Words that may stand between. Weekdays are in the forms that the CLDR does not list."""


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
        while text.word(index) == ".":  # rows of dots lead to a value in forms
            index -= 1
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
    kinds: tuple[PhraseKind, ...] = ("deadline_after",)
    if mention.form is DateForm.RELATIVE:
        kinds = ("deadline_after", "deadline")  # "tomorrow before noon"
    found = (each for kind in kinds for each in words().phrases(kind).at(text.tokens, index))
    return next(
        (mention.start for _, language in found if mention.language in ("", language)), None
    )


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
