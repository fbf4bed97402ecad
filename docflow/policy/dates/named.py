"""Dates with the name of a month: 28 November 2026, Nov. 28th, den 3. März, 1er décembre."""

from __future__ import annotations

from collections.abc import Iterator

from docflow.policy.dates.days import day_of, end_of_month, full_year, nearest_year
from docflow.policy.dates.mention import DateForm, DateMention
from docflow.policy.dates.text import DateContext, ReadText
from docflow.policy.dates.words import language_of, preferred, words

_ORDINALS = frozenset({
    ".", "a", "de", "e", "er", "ere", "nd", "o", "rd", "st", "te", "ter", "th", "ª", "°", "º",
})  # fmt: skip
_BETWEEN_DAY_AND_MONTH = frozenset(
    {"of", "de", "di", "del", "d'", "-", "/", ".", ",", "den", "the"}
)
_BETWEEN_MONTH_AND_YEAR = frozenset({".", ",", "-", "/", "de", "del", "of", "'", "do", "di"})
_RANGE = frozenset({
    "-", "/", "a", "al", "and", "au", "bis", "do", "e", "en", "et", "i", "m", "t", "through",
    "till", "to", "tot", "und", "y",
})  # fmt: skip
_WORDS_TOO = frozenset({
    "ago", "cze", "dec", "dic", "eki", "gen", "jan", "jun", "kas", "lis", "mag", "mai", "maj",
    "mar", "march", "mars", "mart", "may", "oca", "out", "sep", "sept", "set", "sie", "sub",
})  # fmt: skip
"""Names of months that are other words too, in some language: they need a day beside them that
nothing else can be, or a capital letter."""


def named_dates(original: str, text: ReadText, context: DateContext) -> Iterator[DateMention]:
    """Find the dates of a text that name their month.

    Args:
        original: The text as it is written: a capital letter tells "May" from "may".
        text: The same text as tokens.
        context: What is known beside the text; without a year the next such day is meant.
    """
    for index, found in text.places(words().months):
        month = preferred(found, context.language).value
        language = language_of(found, context.language)
        mention = _Month(original, text, context, index, month, language).mention()
        if mention is not None:
            yield mention


class _Month:
    """The name of a month, and what stands around it."""

    def __init__(
        self,
        original: str,
        text: ReadText,
        context: DateContext,
        index: int,
        month: int,
        language: str,
    ) -> None:
        self._original = original
        self._text = text
        self._setting = context
        self._index = index
        self._month = month
        self._language = language

    def mention(self) -> DateMention | None:
        """Return the date that the name is a part of, or None."""
        return self._day_before() or self._day_after() or self._whole_month()

    def _day_before(self) -> DateMention | None:
        day, first = self._left_day(self._index - 1)
        if day is None:
            return None
        year, last = self._year(self._index + 1)
        if year is None:
            year, first = self._year_before(first)
        since, first = self._range_before(first, year, day)
        return self._made(day, year, first, last, since)

    def _day_after(self) -> DateMention | None:
        text, position = self._text, self._index + 1
        position += text.word(position) in (".", "the", "-")
        day = text.number(position, most=31)
        if day is None or not self._is_name(strict=True):
            return None
        last = position
        if text.word(position + 1) in _ORDINALS and text.touches(position + 1):
            last = position + 1
        until = text.number(last + 2, most=31) if text.word(last + 1) == "-" else None
        since = None
        if until is not None and until > day:
            since, day, last = day, until, last + 2
        if text.word(last + 1) in (":", "%") or (
            text.word(last + 1) == "." and text.touches(last + 2)
        ):
            return None
        year, end = self._year(last + 1)
        first = self._index
        if year is None:
            year, first = self._year_before(first)
            end = last
        return self._made(day, year, first, max(last, end), since)

    def _whole_month(self) -> DateMention | None:
        text = self._text
        year, last = self._year(self._index + 1)
        part = text.tokens
        ends = words().phrases("last_part").ending_at(part, self._index - 1) if self._index else []
        if not ends and self._index > 1 and text.word(self._index - 1) in ("de", "of", "des"):
            ends = words().phrases("last_part").ending_at(part, self._index - 2)
        middle_index = self._index - 1 - (text.word(self._index - 1) in ("-", "de", "of"))
        middle = (
            words().phrases("middle_part").ending_at(part, middle_index)
            if middle_index >= 0
            else []
        )
        if year is None and not ends and not middle:
            return None
        if year is None and not self._is_name(strict=False):
            return None
        if year is None:
            near = nearest_year(self._month, 28, self._setting.reference)
            year = near.year if near else self._setting.reference.year
        first = self._index - (ends[0][0] if ends else 0)
        day = end_of_month(year, self._month)
        since = day.replace(day=1)
        if middle and not ends:
            day, first = day.replace(day=15), middle_index - middle[0][0] + 1
        start = text.tokens[max(0, first)].start
        return DateMention(
            start, text.tokens[last].end, day, DateForm.PERIOD, since=since, language=self._language
        )

    def _left_day(self, index: int) -> tuple[int | None, int]:
        """Return the day that ends before a token, and the index of its first token."""
        text = self._text
        for _ in range(3):
            day = text.number(index, most=31)
            if day is not None:
                before = text.word(index - 1)
                decimal = (
                    before in (".", ",", ":", "/")
                    and text.touches(index)
                    and (
                        text.number(index - 2, most=10**6, digits=6) is not None
                        and text.touches(index - 1)
                    )
                )
                return (None, index) if decimal else (day, index)
            if text.word(index) not in _ORDINALS | _BETWEEN_DAY_AND_MONTH:
                break
            index -= 1
        return None, index

    def _year(self, index: int) -> tuple[int | None, int]:
        """Return the year that begins at a token, and the last token of the date."""
        text, last = self._text, index - 1
        short = False
        for _ in range(3):
            token = text.tokens[index] if index < len(text.tokens) else None
            if token is None:
                break
            if token.is_number and len(token.text) == 4 and token.text[:2] in ("19", "20"):
                return int(token.text), index
            if token.is_number and len(token.text) == 2 and short:
                if text.word(index + 1) == ":":
                    break
                return full_year(int(token.text), self._setting.reference), index
            if token.text not in _BETWEEN_MONTH_AND_YEAR:
                break
            short = token.text in "-/'"
            index += 1
        return None, last

    def _year_before(self, first: int) -> tuple[int | None, int]:
        """Return the year that ends before a token: 2026. november 28."""
        text, index = self._text, first - 1
        for _ in range(3):
            if index < 0:
                break
            token = text.tokens[index]
            if token.is_number and len(token.text) == 4 and token.text[:2] in ("19", "20"):
                return int(token.text), index
            if token.text not in (".", ",", "m", "gada", "-", "/"):
                break
            index -= 1
        return None, first

    def _range_before(self, first: int, year: int | None, day: int) -> tuple[int | None, int]:
        """Return the first day of a range that ends with a day, and the first token of it."""
        text, index = self._text, first - 1
        if text.word(index) in ("the", "le", "den", "el", "il"):
            index -= 1
        if text.word(index) not in _RANGE:
            return None, first
        index -= 1
        if text.word(index) in _ORDINALS:
            index -= 1
        since = text.number(index, most=31)
        return (since, index) if since is not None and since < day else (None, first)

    def _made(
        self, day: int, year: int | None, first: int, last: int, since: int | None
    ) -> DateMention | None:
        month = self._month
        if year is not None:
            meant = day_of(year, month, day)
        elif self._is_name(strict=False):
            meant = nearest_year(month, day, self._setting.reference)
        else:
            return None
        if meant is None:
            return None
        tokens = self._text.tokens
        start, end = tokens[first].start, tokens[max(last, self._index)].end
        begin = None if since is None else day_of(meant.year, month, since)
        return DateMention(start, end, meant, DateForm.DAY, since=begin, language=self._language)

    def _is_name(self, *, strict: bool) -> bool:
        """Return whether the word is written as a name, where it could be another word too.

        Args:
            strict: Whether no language that writes months small is allowed for either.
        """
        token = self._text.tokens[self._index]
        if token.text not in _WORDS_TOO:
            return True
        capital = self._original[token.start].isupper()
        return capital or (not strict and self._language not in ("en", "de"))
