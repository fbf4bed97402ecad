"""Days seen from another day: tomorrow, next Friday, within 14 days of this letter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from docflow.policy.dates.days import (
    Unit,
    after_term,
    end_of_month,
    end_of_working_week,
    last_weekday,
    next_weekday,
)
from docflow.policy.dates.mention import DateForm, DateMention
from docflow.policy.dates.text import DateContext, ReadText
from docflow.policy.dates.words import PhraseKind, UnitWord, language_of, preferred, words

_START_REACH = 8
"""Words after a term in which the moment stands from which it runs."""
_DATE_REACH = 4
"""Words after a term in which a date stands from which it runs."""
_WITHIN_REACH = 6
"""Words before a term in which a word stands that makes it one."""
_SHORTEST_WEEKDAY = 4
"""Shorter names of weekdays are words of other languages too: "sun", "mar", "do"."""
_NUMBERED_REACH = 45
"""How many days ahead a weekday with the number of its day is looked for."""
_ADJECTIVES = frozenset({
    "calendar", "clear", "consecutive", "corridos", "full", "kalenderdagen", "naturales",
    "net", "nets", "volle", "vollen",
})  # fmt: skip
_GAPS = frozenset({
    "(", "a", "an", "another", "at", "d'", "de", "dem", "den", "der", "die", "einer", "eines",
    "frist", "further", "i", "just", "komende", "kommenden", "las", "le", "least", "les",
    "los", "massimo", "max", "maximal", "maximo", "maximum", "more", "most", "nachsten",
    "nadchodzacych", "najblizszych", "next", "of", "only", "period", "prossime", "prossimi",
    "proximas", "proximos", "than", "the", "un", "una", "van", "von", "weiteren", "weiterer",
})  # fmt: skip


def relative_dates(
    text: ReadText, dates: Sequence[DateMention], context: DateContext
) -> Iterator[DateMention]:
    """Find the days of a text that are counted from another day.

    A term that runs from something other than the letter, its receipt or a date of the text, as in
    "within 30 days of purchase", means no day and is left out.

    Args:
        text: The text as tokens.
        dates: The dates of the text that stand for themselves; terms may run from them.
        context: What is known beside the text.
    """
    yield from _moments(text, context)
    yield from _weekdays(text, dates, context)
    yield from _fixed_terms(text, context)
    yield from _terms(text, dates, context)


def _moments(text: ReadText, context: DateContext) -> Iterator[DateMention]:
    last = -1
    for index, length, meaning in text.phrases(words().moments):
        kind, language = meaning.split()
        if index <= last or (language == "de" and _is_morning(text, index)):
            continue
        last = index + length - 1
        form = DateForm.PERIOD if "_of_" in kind or kind == "next_week" else DateForm.RELATIVE
        start, end = text.tokens[index].start, text.tokens[last].end
        day = _moment(kind, context.reference)
        yield DateMention(start, end, day, form, language=language)


def _is_morning(text: ReadText, index: int) -> bool:
    """Return whether German "Morgen" is the time of day: guten Morgen, am Morgen, heute Morgen."""
    return text.word(index) == "morgen" and text.word(index - 1) in (
        "guten", "am", "jeden", "heute", "schonen", "goeden", "goede", "diesen", "der",
    )  # fmt: skip


def _moment(kind: str, reference: date) -> date:
    match kind:
        case "today":
            return reference
        case "tomorrow":
            return reference + timedelta(days=1)
        case "day_after_tomorrow":
            return reference + timedelta(days=2)
        case "end_of_week":
            return end_of_working_week(reference)
        case "next_week":
            return end_of_working_week(next_weekday(reference, 0))
        case "end_of_month":
            return end_of_month(reference.year, reference.month)
        case _:
            return date(reference.year, 12, 31)


def _weekdays(
    text: ReadText, dates: Sequence[DateMention], context: DateContext
) -> Iterator[DateMention]:
    past = words().phrases("past_weekday")
    for index, found in text.places(words().weekdays):
        token = text.tokens[index]
        if len(token.text) < _SHORTEST_WEEKDAY or _beside_a_date(token.end, dates):
            continue
        named = preferred(found, context.language)
        numbered = _numbered_day(text, index, named.value, context.reference)
        if numbered is not None:
            last, day = numbered
            end = text.tokens[last].end
            language = language_of(found, context.language)
            yield DateMention(token.start, end, day, DateForm.DAY, language=language)
            continue
        over = [*past.ending_at(text.tokens, index - 1), *past.at(text.tokens, index + 1)]
        is_over = any(language == named.language for _, language in over)
        day = (last_weekday if is_over else next_weekday)(context.reference, named.value)
        language = language_of(found, context.language)
        yield DateMention(token.start, token.end, day, DateForm.RELATIVE, language=language)


def _numbered_day(
    text: ReadText, index: int, weekday: int, reference: date
) -> tuple[int, date] | None:
    """Return the last token and the day of "Friday 25" and "sexta-feira, 25": the next such day."""
    position = index + 1
    while text.word(position) in (",", "-", "feira", "the", "den", "der", "le", "el", "dia", "de"):
        position += 1
    number = text.number(position, most=31)
    if (
        number is None
        or text.word(position + 1) in (":", "h", "uhr", "%")
        or (text.word(position + 1) in (".", "/") and text.touches(position + 2))
    ):
        return None
    for ahead in range(_NUMBERED_REACH):
        day = reference + timedelta(days=ahead)
        if day.day == number and day.weekday() == weekday:
            return position, day
    return None


def _beside_a_date(end: int, dates: Sequence[DateMention]) -> bool:
    return any(0 <= mention.start - end <= 8 for mention in dates)


def _fixed_terms(text: ReadText, context: DateContext) -> Iterator[DateMention]:
    for index, length, meaning in text.phrases(words().fixed):
        days, language = meaning.split()
        if language == "en" and not _within(text, index, language):
            continue  # "a week" alone is only a length of time
        last = index + length - 1
        start = _start_of_term(text, last + 1, (), context, language)
        if start is not None:
            day = start + timedelta(days=int(days))
            begin, end = text.tokens[index].start, text.tokens[last].end
            yield DateMention(begin, end, day, DateForm.TERM, language=language)


@dataclass(frozen=True, slots=True)
class _Term:
    """A number with a unit; indexes of tokens."""

    first: int
    last: int
    count: int
    unit: Unit
    language: str


def _terms(
    text: ReadText, dates: Sequence[DateMention], context: DateContext
) -> Iterator[DateMention]:
    for index, found in text.places(words().units):
        for unit in _ordered(found, context.language):
            term = _term(text, index, unit)
            if term is None or not _within(text, term.first, unit.language):
                continue
            start = _start_of_term(text, term.last + 1, dates, context, unit.language)
            day = None if start is None else after_term(start, term.count, term.unit)
            if day is not None:
                begin, end = text.tokens[term.first].start, text.tokens[term.last].end
                yield DateMention(begin, end, day, DateForm.TERM, language=unit.language)
            break


def _ordered(found: list[UnitWord], language: str) -> list[UnitWord]:
    return sorted(found, key=lambda unit: unit.language != language)


def _term(text: ReadText, index: int, word: UnitWord) -> _Term | None:
    language, unit, last = word.language, word.unit, index
    working = words().working_days.get(language, frozenset())
    saturday = words().monday_to_saturday.get(language, frozenset())
    before = index - 1
    while text.word(before) in working | _ADJECTIVES | {"-", ")", "."} and before > 0:
        if text.word(before) in working and unit is Unit.DAY:
            unit = Unit.MONDAY_TO_FRIDAY
        if text.word(before) == ")":
            before -= 2 if text.word(before - 2) == "(" else 0
        before -= 1
    if text.word(index + 1) in working and unit is Unit.DAY:
        unit, last = Unit.MONDAY_TO_FRIDAY, index + 1
    elif text.word(index + 1) in saturday and unit is Unit.DAY:
        unit, last = Unit.MONDAY_TO_SATURDAY, index + 1
    count, first = _count(text, before, language)
    return None if count is None else _Term(first, last, count, unit, language)


def _count(text: ReadText, index: int, language: str) -> tuple[int | None, int]:
    """Return the number that ends at a token, and the index of its first token."""
    number = text.number(index, most=999, digits=3)
    if number is not None:
        decimal = text.word(index - 1) in (".", ",") and text.touches(index)
        return (None, index) if decimal else (number, index)
    known = words().numbers.get(language, {})
    for length in (3, 2, 1):
        first = index - length + 1
        if first >= 0:
            phrase = " ".join(token.text for token in text.tokens[first : index + 1])
            if phrase in known:
                return known[phrase], first
    return None, index


def _within(text: ReadText, first: int, language: str) -> bool:
    """Return whether words before a token make it a term: "within the next"."""
    within, other = words().phrases("within"), words().phrases("not_within")
    index = first - 1
    for _ in range(_WITHIN_REACH):
        if index < 0:
            return False
        if any(found == language for _, found in other.ending_at(text.tokens, index)):
            return False
        if any(found == language for _, found in within.ending_at(text.tokens, index)):
            before = index - 1
            return not (before >= 0 and text.word(before) == "not" and text.word(index) == "in")
        if text.word(index) not in _GAPS:
            return False
        index -= 1
    return False


def _start_of_term(
    text: ReadText, index: int, dates: Sequence[DateMention], context: DateContext, language: str
) -> date | None:
    """Return the day from which a term runs, or None if it is a day that nobody can know here."""
    index += text.word(index) in (",", ")")
    if not _speaks(text, index, "starts", language):
        return context.reference
    for offset in range(index, min(index + _START_REACH, len(text.tokens))):
        if _speaks(text, offset, "from_letter", language):
            return context.reference
        if _speaks(text, offset, "from_receipt", language):
            return context.received
        if text.ends_sentence(offset):
            break
    begin = text.tokens[index].start
    end = text.tokens[min(index + _DATE_REACH, len(text.tokens) - 1)].end
    return next((mention.day for mention in dates if begin <= mention.start <= end), None)


def _speaks(text: ReadText, index: int, kind: PhraseKind, language: str) -> bool:
    """Return whether a phrase of a kind begins at a token."""
    if index >= len(text.tokens):
        return False
    found = words().phrases(kind).at(text.tokens, index)
    return any(known == language for _, known in found)
