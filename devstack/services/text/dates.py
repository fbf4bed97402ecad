"""Find dates in running text and read them as calendar days, in the languages of `language`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

MONTHS: dict[str, int] = {}
for _number, _names in enumerate(
    (
        "january januar jänner janvier enero gennaio januari janeiro jan janv",
        "february februar février fevrier febrero febbraio februari fevereiro feb févr fév",
        "march märz maerz marz mars marzo maart março marco mar mär mrz",
        "april avril abril aprile apr avr",
        "may mai mayo maggio mei maio",
        "june juni juin junio giugno junho jun",
        "july juli juillet julio luglio julho jul juil",
        "august août aout agosto augustus aug",
        "september septembre septiembre settembre setembro sep sept",
        "october oktober octobre octubre ottobre outubro oct okt",
        "november novembre noviembre novembro nov",
        "december dezember décembre decembre diciembre dicembre dezembro dec dez déc",
    ),
    start=1,
):
    MONTHS.update(dict.fromkeys(_names.split(), _number))

_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
DATE = re.compile(
    rf"""\b(?:
      (?P<iso_y>(?:19|20)\d\d)-(?P<iso_m>\d\d)-(?P<iso_d>\d\d)
    | (?P<d1>\d{{1,2}})(?:st|nd|rd|th|er|\.|º)?\s+(?:of\s+|de\s+)?(?P<m1>{_MONTH})\.?,?
        \s+(?:de\s+)?(?P<y1>(?:19|20)\d\d)
    | (?P<m2>{_MONTH})\.?\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y2>(?:19|20)\d\d)
    | (?P<d3>\d{{1,2}})(?P<separator>[./-])(?P<m3>\d{{1,2}})(?P=separator)(?P<y3>(?:19|20)\d\d)
    | (?P<d4>\d{{1,2}})(?P<short>[./])(?P<m4>\d{{1,2}})(?P=short)(?P<y4>\d\d)
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
DAY_ONLY = re.compile(
    rf"""\b(?:(?P<d1>\d{{1,2}})(?:st|nd|rd|th|er|\.)?\s+(?:of\s+|de\s+)?(?P<m1>{_MONTH})
    | (?P<m2>{_MONTH})\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?)\b(?!\.?,?\s*\d)""",
    re.IGNORECASE | re.VERBOSE,
)

NUMBER_WORDS = {
    word: number
    for number, words in {
        1: "one ein einem einer un une",
        2: "two zwei deux dos",
        3: "three drei trois tres",
        5: "five fünf cinq cinco",
        7: "seven sieben sept siete",
        10: "ten zehn dix diez",
        14: "fourteen vierzehn quatorze catorce",
        30: "thirty dreißig trente treinta",
    }.items()
    for word in words.split()
}
WITHIN = re.compile(
    rf"""\b(?:within|in\s+the\s+next|inside|binnen|innerhalb(?:\s+von)?|innert|sous|dans\s+(?:les|un\s+d[ée]lai\s+de)
    |en\s+(?:un\s+plazo\s+de|el\s+plazo\s+de)|entro|binnen)\s+
    (?P<number>\d{{1,3}}|{"|".join(NUMBER_WORDS)})\s*(?:\([^)]{{1,12}}\)\s*)?
    (?P<working>(?:working|business|calendar|clear)\s+|(?:prochain\w*\s+))?
    (?P<unit>hours?|stunden?|heures?|horas?|ore|uur
    |(?:werk|arbeits|kalender)?tage?n?|days?|jours?|d[íi]as?|giorni|dagen|weeks?|wochen?|semaines?|semanas?)""",
    re.IGNORECASE | re.VERBOSE,
)
TOMORROW = re.compile(
    r"\b(?:by\s+tomorrow|tomorrow|bis\s+morgen|d[\u2019']ici\s+demain|mañana)\b", re.I
)


class FoundDate(NamedTuple):
    """A date and where it stands in the text."""

    day: date
    text: str
    start: int


def find_dates(text: str) -> Iterator[FoundDate]:
    """Yield complete dates in reading order; impossible ones are left out."""
    for match in DATE.finditer(text):
        day = _day_of(match)
        if day is not None:
            yield FoundDate(day, match.group(), match.start())


def find_day_without_year(text: str, year: int) -> FoundDate | None:
    """Return the first day such as `20 March`, in the given year."""
    for match in DAY_ONLY.finditer(text):
        month = MONTHS[(match["m1"] or match["m2"]).lower()]
        day = _date(year, month, int(match["d1"] or match["d2"]))
        if day is not None:
            return FoundDate(day, match.group(), match.start())
    return None


def find_period(text: str) -> timedelta | None:
    """Return the shortest `within 48 hours`, `binnen 7 Tagen`, `by tomorrow` in the text."""
    periods = [_period_of(match) for match in WITHIN.finditer(text)]
    if TOMORROW.search(text):
        periods.append(timedelta(days=1))
    return min(periods, default=None)


def _period_of(match: re.Match[str]) -> timedelta:
    spelled = match["number"].lower()
    number = int(spelled) if spelled.isdigit() else NUMBER_WORDS[spelled]
    unit = match["unit"].lower()
    if unit.startswith(("hour", "stunde", "heure", "hora", "ore", "uur")):
        return timedelta(hours=number)
    if unit.startswith(("week", "woche", "semain", "semana")):
        return timedelta(weeks=number)
    return timedelta(days=number)


def _day_of(match: re.Match[str]) -> date | None:
    group = match.groupdict()
    if group["iso_y"]:
        return _date(int(group["iso_y"]), int(group["iso_m"]), int(group["iso_d"]))
    if group["m1"]:
        return _date(int(group["y1"]), MONTHS[group["m1"].lower()], int(group["d1"]))
    if group["m2"]:
        return _date(int(group["y2"]), MONTHS[group["m2"].lower()], int(group["d2"]))
    long = group["y3"] is not None
    year = int(group["y3"]) if long else 2000 + int(group["y4"])
    first, second = (int(group[name]) for name in (("d3", "m3") if long else ("d4", "m4")))
    # Day first, as most of the world writes it; month first where only that is a date.
    return _date(year, second, first) or _date(year, first, second)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
