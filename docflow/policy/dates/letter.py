"""The day on which a letter was written, as the letter says it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from docflow.policy.dates.mention import DateForm, DateMention
from docflow.policy.dates.text import ReadText
from docflow.policy.dates.words import PhraseKind, words

HEAD_CHARACTERS = 1_500
"""The date of a letter stands in its head. Further down a date is what the letter speaks of."""

OLDEST = timedelta(days=1_100)
"""A date that lies further back is not the letter's: nobody files letters that late."""

_REACH = 4


def letter_date(text: ReadText, dates: Sequence[DateMention], received: date) -> date | None:
    """Return the date of a letter, or None if its head names none.

    A date after a label such as "Date:" comes first, otherwise the first one in the head that is
    not the date of something else, as an invoice or a deadline. It cannot lie after the day of
    receipt, but by one day: zones of time differ.
    """
    labelled: list[date] = []
    bare: list[date] = []
    for mention in dates:
        if mention.start > HEAD_CHARACTERS or mention.form is not DateForm.DAY:
            continue
        day = _plausible(mention, received)
        if day is None or stands_after(text, mention, "not_own_date"):
            continue
        if stands_after(text, mention, "own_date"):
            labelled.append(day)
        elif _stands_alone(text, mention):
            bare.append(day)
    return next(iter([*labelled, *bare]), None)


def _plausible(mention: DateMention, received: date) -> date | None:
    for day in (mention.day, mention.other):
        if day is not None and received - OLDEST <= day <= received + timedelta(days=1):
            return day
    return None


def stands_after(text: ReadText, mention: DateMention, kind: PhraseKind) -> bool:
    """Return whether a phrase of a kind stands before a date, on its line."""
    phrases = words().phrases(kind)
    index = text.index_before(mention.start)
    line = text.plain.rfind("\n", 0, mention.start) + 1
    for _ in range(_REACH):
        if index < 0 or text.tokens[index].start < line:
            return False
        if phrases.ending_at(text.tokens, index):
            return True
        if text.word(index) not in (":", ",", ".", "(", "-", "of", "the", "le", "der", "/", "#"):
            return False
        index -= 1
    return False


def _stands_alone(text: ReadText, mention: DateMention) -> bool:
    """Return whether a date is alone on its line, or with a place: "Leeds, 3 May 2026"."""
    start = text.plain.rfind("\n", 0, mention.start) + 1
    end = text.plain.find("\n", mention.end)
    line = text.plain[start : end if end >= 0 else None]
    others = len(line.split()) - len(text.plain[mention.start : mention.end].split())
    return others <= 4
