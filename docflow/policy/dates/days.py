"""Arithmetic of days: terms, working days, ends of weeks and months, years that were left out."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from enum import StrEnum

LONGEST_TERM_DAYS = 3_660
"""Longer terms are no deadline that anybody works towards, and might leave the calendar."""

PAST_REACH_DAYS = 150
"""How far a date without its year may lie back; anything older is taken for the next year's."""

SHORT_YEAR_REACH = 30
"""A year of two digits lies at most this many years after the letter; otherwise it is past."""


class Unit(StrEnum):
    """What a term is counted in."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"
    MONDAY_TO_FRIDAY = "monday_to_friday"
    MONDAY_TO_SATURDAY = "monday_to_saturday"


def day_of(year: int, month: int, day: int) -> date | None:
    """Return a day of the calendar, or None if there is no such day."""
    try:
        return date(year, month, day)
    except (ValueError, OverflowError):
        return None


def after_term(start: date, count: int, unit: Unit) -> date | None:
    """Return the last day of a term, the day of its start not counted.

    Public holidays are not known: where they would lengthen a term, the answer is the earlier day.

    Args:
        start: The day from which the term runs.
        count: Its length in units.
        unit: The unit; hours are rounded up to days, so that 24 hours end tomorrow.
    """
    if unit is Unit.MONTH or unit is Unit.YEAR:
        months = count * (12 if unit is Unit.YEAR else 1)
        return _after_months(start, months) if months <= LONGEST_TERM_DAYS // 30 else None
    days = {Unit.HOUR: -(-count // 24), Unit.WEEK: count * 7}.get(unit, count)
    if days > LONGEST_TERM_DAYS:
        return None
    if unit is Unit.MONDAY_TO_FRIDAY:
        return _after_working_days(start, days, rest=(5, 6))
    if unit is Unit.MONDAY_TO_SATURDAY:
        return _after_working_days(start, days, rest=(6,))
    return start + timedelta(days=days)


def end_of_month(year: int, month: int) -> date:
    """Return the last day of a month."""
    return date(year, month, calendar.monthrange(year, month)[1])


def end_of_working_week(day: date) -> date:
    """Return the Friday of the week of a day, or the day itself at a weekend."""
    return day + timedelta(days=max(0, 4 - day.weekday()))


def next_weekday(day: date, weekday: int) -> date:
    """Return the first such weekday after a day; Monday is 0."""
    return day + timedelta(days=(weekday - day.weekday() - 1) % 7 + 1)


def last_weekday(day: date, weekday: int) -> date:
    """Return the latest such weekday before a day; Monday is 0."""
    return day - timedelta(days=(day.weekday() - weekday - 1) % 7 + 1)


def iso_week(year: int, week: int) -> tuple[date, date] | None:
    """Return Monday and Sunday of a week of ISO 8601, or None if the year has no such week."""
    try:
        return date.fromisocalendar(year, week, 1), date.fromisocalendar(year, week, 7)
    except ValueError:
        return None


def full_year(written: int, reference: date) -> int:
    """Return the year that two digits mean, seen from a day; other numbers as they are."""
    if written >= 100:
        return written
    century = reference.year - reference.year % 100
    year = century + written
    return year - 100 if year > reference.year + SHORT_YEAR_REACH else year


def nearest_year(month: int, day: int, reference: date) -> date | None:
    """Return the day of a date without a year: the next one, unless it has just passed."""
    oldest = reference - timedelta(days=PAST_REACH_DAYS)
    for year in range(oldest.year, oldest.year + 5):  # 29 February may need four
        found = day_of(year, month, day)
        if found is not None and found >= oldest:
            return found
    return None


def _after_months(start: date, months: int) -> date:
    total = start.month - 1 + months
    year, month = start.year + total // 12, total % 12 + 1
    return date(year, month, min(start.day, calendar.monthrange(year, month)[1]))


def _after_working_days(start: date, count: int, rest: tuple[int, ...]) -> date:
    day = start
    for _ in range(count):
        day += timedelta(days=1)
        while day.weekday() in rest:
            day += timedelta(days=1)
    return day
