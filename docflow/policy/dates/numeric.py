"""Dates in digits: 2026-11-28, 28.11.2026, 11/28/26, 28.XI.2026, 2026年11月28日, KW 48."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from docflow.policy.dates.days import day_of, full_year, iso_week, nearest_year
from docflow.policy.dates.mention import DateForm, DateMention
from docflow.policy.dates.text import DateContext, ReadText
from docflow.policy.dates.words import words

_EDGE_LEFT = r"(?<![\d.,:/\-])"
_EDGE_RIGHT = r"(?!\d|[/\-]\d|[.,:]\d)"
_YEAR_FIRST = re.compile(
    _EDGE_LEFT
    + r"((?:19|20)\d\d)(?:(-)|(/)|(\.) ?)(\d{1,2})(?(2)-)(?(3)/)(?(4)\. ?)(\d{1,2})"
    + _EDGE_RIGHT
)
_DAY_AND_MONTH = re.compile(
    r"(?<![\d,:/])(?<!\d[.\-])(\d{1,2})(?: ?(\.) ?| ?(/) ?|(-))(\d{1,2})"
    r"(?(2)\. ?)(?(3)(?: ?/ ?))(?(4)-)((?:19|20)\d\d|\d\d)" + _EDGE_RIGHT
)
_NUMBERED = re.compile(
    r"(?:\b(?:version|release|rev|v|section|sect|chapter|clause|art|article|abschnitt|kapitel|ziffer"
    r"|punkt|nr|no|ref|tel|fax|phone)|§|#)[ .:]*$"
)
"""What stands before numbers with dots that are no dates."""
_RANGE_OF_DAYS = re.compile(r"(?<![\d.,:/])(\d{1,2})\. ?(?:-|bis|und|to|/) ?$")
_WITHOUT_YEAR = re.compile(
    r"(?<![\d,:/\-])(?<!\d\.)(\d{1,2})(?:(\.) ?|(/))(\d{1,2})(?(2)\.)(?!\d|[./,:]\d|/)"
)
_ROMAN = re.compile(
    r"(?<![\w.])(\d{1,2})[.\-/ ] ?(x{0,1}i{1,3}|x?iv|vi{0,3}|ix|x)[.\-/ ] ?((?:19|20)\d\d)(?!\d)"
)
_ROMAN_MONTHS = {
    roman: month
    for month, roman in enumerate(
        ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"), start=1
    )
}
_IDEOGRAPHS = re.compile(r"(?:(\d{4})|(令和|平成) ?(\d{1,2}|元)) ?年 ?(\d{1,2}) ?月 ?(\d{1,2}) ?日")
_IDEOGRAPHS_WITHOUT_YEAR = re.compile(r"(?<![\d年])(\d{1,2}) ?月 ?(\d{1,2}) ?日")
_HANGUL = re.compile(r"(\d{4}) ?년 ?(\d{1,2}) ?월 ?(\d{1,2}) ?일")
_ERAS = {"令和": 2018, "平成": 1988}
"""The year before the first one of a Japanese era."""
_ISO_WEEK = re.compile(r"(?<![\w\-])((?:19|20)\d\d)-?w(\d\d)(?:-?([1-7]))?(?!\d)")
_YEAR_AFTER_WEEK = re.compile(r"[ ]?(?:/|,| of| de| del|-)?[ ]?((?:19|20)\d\d)(?!\d)")

_BEFORE_A_DATE = re.compile(
    r"\b(?:am|bis|zum|vom|den|dem|ab|seit|on|by|until|before|from|due|since|till|and|und|to"
    r"|fallig|spatestens|termin|frist|le|au|du|el|al|il|dal|op|voor|tot|den|senest|senast|inden"
    r"|innen|fore|dnia|do|od|ate|dia|em|per|date|datum)[ :.,(]*$"
)


def numeric_dates(text: ReadText, context: DateContext) -> Iterator[DateMention]:
    """Find the dates of a text that are written in digits.

    Where day and month could be exchanged, the context decides, and `other` of the mention holds
    the other reading.
    """
    yield from _year_first(text)
    yield from _with_year(text, context)
    yield from _without_year(text, context)
    yield from _roman(text)
    yield from _east_asian(text, context)
    yield from _weeks(text, context)


def month_first_dates(text: ReadText) -> tuple[int, int]:
    """Count dates with slashes that can only be month first, and those that can only be day first.

    The other dates of the same text are read in the same way.
    """
    month_first = day_first = 0
    for found in _DAY_AND_MONTH.finditer(text.plain):
        first, second = int(found[1]), int(found[5])
        if found[3] or found[4]:
            month_first += first <= 12 < second <= 31
            day_first += second <= 12 < first <= 31
    return month_first, day_first


def _year_first(text: ReadText) -> Iterator[DateMention]:
    for found in _YEAR_FIRST.finditer(text.plain):
        day = day_of(int(found[1]), int(found[5]), int(found[6]))
        if day is not None:
            yield DateMention(found.start(), found.end(), day, DateForm.DAY)


def _with_year(text: ReadText, context: DateContext) -> Iterator[DateMention]:
    for found in _DAY_AND_MONTH.finditer(text.plain):
        start = found.start()
        if _NUMBERED.search(text.plain, max(0, start - 12), start):
            continue
        year = full_year(int(found[6]), context.reference)
        days = _both_ways(
            int(found[1]), int(found[5]), year, dotted=bool(found[2]), context=context
        )
        if days is None:
            continue
        day, other = days
        since = None
        if found[2] and (first := _RANGE_OF_DAYS.search(text.plain[max(0, start - 12) : start])):
            since = day_of(day.year, day.month, int(first[1]))
            start -= len(first[0]) if since and since < day else 0
        since = since if since and since < day else None
        yield DateMention(start, found.end(), day, DateForm.DAY, since=since, other=other)


def _without_year(text: ReadText, context: DateContext) -> Iterator[DateMention]:
    for found in _WITHOUT_YEAR.finditer(text.plain):
        first, second = int(found[1]), int(found[4])
        both_digits = found[2] and len(found[1]) == 2 and len(found[4]) == 2
        before = text.plain[max(0, found.start() - 20) : found.start()]
        if not both_digits and not _BEFORE_A_DATE.search(before):
            continue
        month_first = not found[2] and bool(context.month_first) and first <= 12
        day, month = (second, first) if month_first or second > 12 else (first, second)
        meant = nearest_year(month, day, context.reference)
        if meant is not None:
            yield DateMention(found.start(), found.end(), meant, DateForm.DAY)


def _both_ways(
    first: int, second: int, year: int, *, dotted: bool, context: DateContext
) -> tuple[date, date | None] | None:
    """Return the day meant by two numbers and a year, and the day that they could mean as well."""
    day_first, month_first = day_of(year, second, first), day_of(year, first, second)
    if dotted or month_first is None:
        return None if day_first is None else (day_first, None)
    if day_first is None:
        return month_first, None
    if day_first == month_first:
        return day_first, None
    if context.month_first is not None:
        return (month_first if context.month_first else day_first), None
    return day_first, month_first


def _roman(text: ReadText) -> Iterator[DateMention]:
    for found in _ROMAN.finditer(text.plain):
        month = _ROMAN_MONTHS.get(found[2])
        day = None if month is None else day_of(int(found[3]), month, int(found[1]))
        if day is not None:
            yield DateMention(found.start(), found.end(), day, DateForm.DAY)


def _east_asian(text: ReadText, context: DateContext) -> Iterator[DateMention]:
    if "日" not in text.plain and "일" not in text.plain:
        return
    for found in _IDEOGRAPHS.finditer(text.plain):
        of_era = 1 if found[3] == "元" else int(found[3] or 0)
        year = int(found[1]) if found[1] else _ERAS[found[2]] + of_era
        day = day_of(year, int(found[4]), int(found[5]))
        if day is not None:
            yield DateMention(found.start(), found.end(), day, DateForm.DAY)
    for found in _IDEOGRAPHS_WITHOUT_YEAR.finditer(text.plain):
        day = nearest_year(int(found[1]), int(found[2]), context.reference)
        if day is not None:
            yield DateMention(found.start(), found.end(), day, DateForm.DAY)
    for found in _HANGUL.finditer(text.plain):
        day = day_of(int(found[1]), int(found[2]), int(found[3]))
        if day is not None:
            yield DateMention(found.start(), found.end(), day, DateForm.DAY)


def _weeks(text: ReadText, context: DateContext) -> Iterator[DateMention]:
    for found in _ISO_WEEK.finditer(text.plain):
        week = iso_week(int(found[1]), int(found[2]))
        if week is not None and found[3]:
            day = date.fromisocalendar(int(found[1]), int(found[2]), int(found[3]))
            yield DateMention(found.start(), found.end(), day, DateForm.DAY)
        elif week is not None:
            monday, sunday = week
            yield DateMention(found.start(), found.end(), sunday, DateForm.PERIOD, since=monday)
    for index, length, language in text.phrases(words().phrases("week")):
        mention = _named_week(text, index, length, language, context)
        if mention is not None:
            yield mention


def _named_week(
    text: ReadText, index: int, length: int, language: str, context: DateContext
) -> DateMention | None:
    position = index + length
    position += text.word(position) in (".", ":", "no", "nr")
    number = text.number(position, most=53)
    short = text.tokens[index].end - text.tokens[index].start == 1  # "v 48"
    if number is None or (short and context.language != language):
        return None
    end = text.tokens[position].end
    written = _YEAR_AFTER_WEEK.match(text.plain, end)
    week = None
    if written:
        end, week = written.end(), iso_week(int(written[1]), number)
    else:
        for year in (context.reference.year, context.reference.year + 1):
            week = iso_week(year, number)
            if week is not None and (context.reference - week[1]).days < 60:
                break
    if week is None:
        return None
    start = text.tokens[index].start
    return DateMention(start, end, week[1], DateForm.PERIOD, since=week[0], language=language)
