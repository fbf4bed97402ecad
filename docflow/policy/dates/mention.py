"""A date as it stands in a text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class DateForm(StrEnum):
    """How a text names a date."""

    DAY = "day"
    """A day of the calendar, with or without its year."""
    PERIOD = "period"
    """A week, a month or the end of one."""
    RELATIVE = "relative"
    """A day seen from another: "tomorrow", "next Friday"."""
    TERM = "term"
    """A length of time that ends: "within 14 days of this letter"."""


@dataclass(frozen=True, slots=True)
class DateMention:
    """A date, where it stands, and the day that it means.

    Attributes:
        start: Offset of its first character.
        end: Offset after its last character.
        day: The day meant; of a period and of a range the last one.
        form: How the text names it.
        since: First day of a range or of a period; None for a single day.
        other: What it means if day and month are read the other way round; None where that is
            no date, or where the text itself shows which is which.
        language: Language of its words, by its code; empty for digits alone.
    """

    start: int
    end: int
    day: date
    form: DateForm
    since: date | None = None
    other: date | None = None
    language: str = ""
