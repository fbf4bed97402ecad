"""A lexical urgency judge: it counts words that announce harm or a short deadline.

Each kind of signal has a weight; the strongest of a kind counts once, and the kinds are joined
like independent chances. Negated signals do not count, words that calm lower the score, and
text that talks to the model can do neither: it is data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from devstack.services.model.summary import date_of_document
from devstack.services.text.dates import find_dates, find_period
from devstack.services.text.sentences import PageText, Passage, clip, passages_of
from devstack.services.text.vocabulary import pattern, read_sections, section_pattern

URGENT_FROM = 0.5
MAX_REASONS = 3
REASON_QUOTE_CHARS = 120
REASON_LEAD_CHARS = 40
"""How much is quoted in a reason, and how much of it may stand before the signal."""

OPENING_PAGES = 2
LATER_PAGES_FACTOR = 0.6
LONG_DOCUMENT_PAGES = 10
LONG_DOCUMENT_FACTOR = 0.35
IMPERSONAL_FACTOR = 0.5


@dataclass(frozen=True, slots=True)
class Cue:
    """A kind of signal, as `words/urgency.txt` defines it.

    Attributes:
        weight: Its share of certainty when it stands alone.
        personal: Counts in full only where the sentence speaks to or about the reader.
        claim: It merely says `urgent`; text that talks to the model cannot raise it.
    """

    kind: str
    weight: float
    pattern: re.Pattern[str]
    personal: bool
    claim: bool


def _cue(heading: str, phrases: Sequence[str]) -> Cue:
    kind, weight, *flags = (part.strip() for part in heading.split("|"))
    return Cue(kind, float(weight), pattern(phrases), "personal" in flags, "claim" in flags)


CUES = [_cue(heading, phrases) for heading, phrases in read_sections("urgency").items()]
SOON = (
    (timedelta(days=3), 0.6, "sets a deadline of three days or less"),
    (timedelta(days=7), 0.35, "sets a deadline within a week"),
    (timedelta(days=14), 0.15, "sets a deadline within two weeks"),
)
TODAY = section_pattern("urgency_context", "today")
DEADLINE_WORD = section_pattern("urgency_context", "deadline")
PERSONAL = section_pattern("urgency_context", "personal")
CALM = section_pattern("urgency_context", "calm")
PROMOTION = section_pattern("urgency_context", "promotion")
CONDITION = section_pattern("urgency_context", "condition")
NEGATION = section_pattern("urgency_context", "negation")
NEGATION_REACH_WORDS = 4
CLAUSE_END = re.compile(r"[,;:.!?]\s")
CALM_FACTOR = 0.45
PROMOTION_FACTOR = 0.4
PROMOTION_CUES = 2


@dataclass(frozen=True, slots=True)
class Signal:
    """A cue that was found, and where in its passage."""

    kind: str
    weight: float
    passage: Passage
    start: int

    def as_reason(self) -> str:
        """Return the sentence shown to a reviewer."""
        quote = self.passage.quote
        lead = quote.rfind(" ", 0, max(0, self.start - REASON_LEAD_CHARS)) + 1
        if len(quote) <= REASON_QUOTE_CHARS or not lead:
            shown = clip(quote, REASON_QUOTE_CHARS)
        else:
            shown = "… " + clip(quote[lead:], REASON_QUOTE_CHARS)
        return f'The document {self.kind} (page {self.passage.page}): "{shown}"'


def judge(pages: Sequence[PageText]) -> dict[str, Any]:
    """Return level, score and reasons for the pages."""
    passages = passages_of(pages)
    signals = _strongest_of_each_kind(passages, date_of_document(pages), len(pages))
    calm = _calming_factor(passages)
    remaining = 1.0
    for signal in signals:
        remaining *= 1 - signal.weight
    score = round((1 - remaining) * calm, 2)
    reasons = [signal.as_reason() for signal in signals[:MAX_REASONS]]
    if calm < 1:
        reasons.append("Wording that asks for no action or advertises lowers the score.")
    return {
        "level": "urgent" if score >= URGENT_FROM else "normal",
        "score": score,
        "reasons": reasons or ["No wording of danger, loss or a short deadline was found."],
    }


def _strongest_of_each_kind(
    passages: Sequence[Passage], document_date: date | None, page_count: int
) -> list[Signal]:
    strongest: dict[str, Signal] = {}
    for passage in passages:
        for signal in _signals_in(passage, document_date, _place_factor(passage, page_count)):
            known = strongest.get(signal.kind)
            if known is None or signal.weight > known.weight:
                strongest[signal.kind] = signal
    return sorted(strongest.values(), key=lambda signal: -signal.weight)


def _place_factor(passage: Passage, page_count: int) -> float:
    """Return the weight of a passage by its place: deep inside a long document it counts less."""
    if passage.page <= OPENING_PAGES:
        return 1.0
    return LONG_DOCUMENT_FACTOR if page_count > LONG_DOCUMENT_PAGES else LATER_PAGES_FACTOR


def _signals_in(
    passage: Passage, document_date: date | None, place_factor: float
) -> Iterator[Signal]:
    speaks_to_reader = PERSONAL.search(passage.quote) is not None
    for cue in CUES:
        start = _first_asserted(cue.pattern, passage.quote)
        if start is None or (cue.claim and passage.instructs):
            continue
        personal_factor = IMPERSONAL_FACTOR if cue.personal and not speaks_to_reader else 1.0
        yield Signal(cue.kind, cue.weight * personal_factor * place_factor, passage, start)
    deadline = _deadline(passage.quote, document_date)
    if deadline:
        kind, weight = deadline
        yield Signal(kind, weight * place_factor, passage, 0)


def _first_asserted(pattern: re.Pattern[str], quote: str) -> int | None:
    """Return where the pattern is found first without a denial before it."""
    starts = (match.start() for match in pattern.finditer(quote))
    return next((start for start in starts if not _is_negated(quote[:start])), None)


def _is_negated(before: str) -> bool:
    """Return whether one of the last words before a signal denies it, within the same clause."""
    clause = CLAUSE_END.split(before)[-1]
    return NEGATION.search(" ".join(clause.split()[-NEGATION_REACH_WORDS:])) is not None


def _deadline(quote: str, document_date: date | None) -> tuple[str, float] | None:
    period = find_period(quote)
    if TODAY.search(quote):
        period = timedelta(days=1)
    if document_date and DEADLINE_WORD.search(quote):
        ahead = [found.day - document_date for found in find_dates(quote)]
        to_come = [days for days in ahead if days > timedelta(0)]
        period = min([*to_come, *([period] if period else [])], default=None)
    if period is None:
        return None
    return next(((kind, weight) for limit, weight, kind in SOON if period <= limit), None)


def _calming_factor(passages: Sequence[Passage]) -> float:
    """Return how much calming words lower the score; words to the model do not count."""
    honest = [passage.quote for passage in passages if not passage.instructs]
    factor = CALM_FACTOR if any(map(_calms, honest)) else 1.0
    promotions = {match.group().lower() for quote in honest for match in PROMOTION.finditer(quote)}
    return factor * PROMOTION_FACTOR if len(promotions) >= PROMOTION_CUES else factor


def _calms(quote: str) -> bool:
    """Return whether nothing is asked; a condition such as `if you have paid` undoes that."""
    return CALM.search(quote) is not None and CONDITION.search(quote) is None
