"""Read the dates of a document: its own date, and all others seen from there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from docflow.policy.dates.deadlines import Deadline, deadlines
from docflow.policy.dates.letter import letter_date, stands_after
from docflow.policy.dates.mention import DateForm, DateMention
from docflow.policy.dates.named import named_dates
from docflow.policy.dates.numeric import month_first_dates, numeric_dates
from docflow.policy.dates.relative import relative_dates
from docflow.policy.dates.text import DateContext, ReadText
from docflow.policy.dates.words import PhraseKind

_OF_THE_TEXT: tuple[PhraseKind, ...] = ("own_date", "no_deadline")
"""What stands before a date that belongs to the text: "issued on", "valid until"."""

MONTH_FIRST_COUNTRIES = frozenset({"US", "PH", "FM", "MH", "PW", "PR", "GU", "AS", "VI"})
"""Countries that write 11/28/2026, by the short date of the CLDR (territories of `en` and `es`)."""


@dataclass(frozen=True, slots=True)
class ReadDates:
    """The dates of a text.

    Attributes:
        written: The day on which it was written, as it says; None if it does not.
        mentions: All dates, in the order of the text; they do not overlap.
        deadlines: Those that are the last day for something.
    """

    written: date | None
    mentions: list[DateMention]
    deadlines: list[Deadline]
    text: ReadText

    def is_own_date(self, mention: DateMention) -> bool:
        """Return whether a date says when a text was written, or how long it is valid."""
        before = (stands_after(self.text, mention, kind) for kind in _OF_THE_TEXT)
        return mention.day == self.written or any(before)


def read_dates(
    text: str,
    received: date,
    *,
    written: date | None = None,
    language: str = "",
    country: str = "",
) -> ReadDates:
    """Find the dates of a text and the days that they mean.

    Args:
        text: The text of a document, or of a part of it.
        received: The day on which it came in.
        written: The day on which it was written, if that is known from elsewhere, as from the head
            of a mail; otherwise it is looked for in the text.
        language: Two-letter code of its language; empty if unknown.
        country: Two-letter code of the sender's country; empty if unknown.
    """
    tokens = ReadText(text)
    context = DateContext(
        received, written, language, _month_first(text, tokens, language, country)
    )
    absolute = _absolute(text, tokens, context)
    if written is None:
        written = letter_date(tokens, absolute, received)
        if written is not None and written != received:
            context = replace(context, written=written)
            absolute = _absolute(text, tokens, context)
    relative = relative_dates(tokens, absolute, context)
    mentions = _without_overlaps([*absolute, *relative])
    return ReadDates(written, mentions, deadlines(tokens, mentions), tokens)


def _absolute(text: str, tokens: ReadText, context: DateContext) -> list[DateMention]:
    return _without_overlaps([*named_dates(text, tokens, context), *numeric_dates(tokens, context)])


def _without_overlaps(mentions: Iterable[DateMention]) -> list[DateMention]:
    """Return the mentions in the order of the text; of two that overlap the longer one."""
    kept: list[DateMention] = []
    for mention in sorted(mentions, key=lambda found: (found.start, found.start - found.end)):
        if kept and mention.start < kept[-1].end:
            if mention.end - mention.start > kept[-1].end - kept[-1].start:
                kept[-1] = mention
            continue
        kept.append(mention)
    return kept


def _month_first(text: str, tokens: ReadText, language: str, country: str) -> bool | None:
    """Return whether 3/4 is the fourth of March, or None if nothing tells."""
    month_first, day_first = month_first_dates(tokens)
    if month_first != day_first:
        return month_first > day_first
    if country:
        return country.upper() in MONTH_FIRST_COUNTRIES
    if language and language != "en":
        return False
    return _order_of_names(text, tokens)


def _order_of_names(text: str, tokens: ReadText) -> bool | None:
    """Return how the dates with names are written: "May 3" speaks for the month first."""
    order = 0
    for mention in named_dates(text, tokens, DateContext(date(2000, 1, 1))):
        if mention.form is DateForm.DAY:
            order += 1 if text[mention.start].isalpha() else -1
    return order > 0 if order else None
