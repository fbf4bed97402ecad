"""Pick the passages that say most: word frequency, position, and words that mark the point.

Score of a passage = average weight of its content words (how often they occur in the document)
+ a bonus for its place (opening of the document, top of a page) + a bonus for marks of substance
(sums, dates, requests, conclusions), less penalties for running heads, tables of contents, OCR
noise and text that talks to the model. Passages much like one already picked are left out, and
long documents give at most one passage per stretch until each stretch has had its turn.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

from devstack.services.text.dates import DATE, WITHIN
from devstack.services.text.entities import AMOUNT
from devstack.services.text.injection import is_prompt_injection
from devstack.services.text.language import ALL_STOP_WORDS, WORD
from devstack.services.text.sentences import Passage
from devstack.services.text.vocabulary import section_pattern

STEM_CHARS = 7
ALIKE = 0.5
VERY_ALIKE = 0.9
"""Shares of common content words from which two passages say much the same, or just the same."""
REPEATED_ON_PAGES = 3
LONG_DOCUMENT_PAGES = 8
ENOUGH_SENTENCES = 3
IDEAL_WORDS = (8, 32)

POINT = section_pattern("summary", "point")
HEADER_LINE = section_pattern("summary", "header line")
COURTESY = section_pattern("summary", "courtesy")
SALUTATION = section_pattern("summary", "salutation")
DOTTED_LEADER = re.compile(r"\.{4,}|(?:\.\s){4,}|_{4,}")
READABLE_TOKEN = re.compile(r"[^\W_]{2}|^\d|^[aAI&ày]$|^[-\N{EN DASH}:/€$£%]$")
DIGITS = re.compile(r"\d+")


@lru_cache(maxsize=8192)
def stems_of(text: str) -> frozenset[str]:
    """Return the content words of a text, cut short so that inflections meet."""
    words = (match.group().lower() for match in WORD.finditer(text))
    return frozenset(
        word[:STEM_CHARS] for word in words if len(word) > 2 and word not in ALL_STOP_WORDS
    )


def pick_salient(passages: Sequence[Passage], wanted: int) -> list[Passage]:
    """Return up to `wanted` passages in reading order."""
    usable = _usable(passages)
    scores = _scores(usable, passages)
    ranked = sorted(usable, key=lambda passage: (-scores[passage], passage.position))
    pages = {passage.page for passage in passages}
    stretches = wanted if len(pages) >= LONG_DOCUMENT_PAGES else 1
    picked = _pick(ranked, wanted, stretches)
    return sorted(picked, key=lambda passage: passage.position)


def _pick(ranked: Sequence[Passage], wanted: int, stretches: int) -> list[Passage]:
    """Take the best unlike the others; alike ones only where the text offers nothing else."""
    picked: list[Passage] = []
    for alike, quota in ((ALIKE, 1), (ALIKE, wanted), (VERY_ALIKE, 1), (VERY_ALIKE, wanted)):
        for passage in ranked:
            stretch = _stretch(passage, stretches)
            taken = sum(_stretch(other, stretches) == stretch for other in picked)
            has_room = len(picked) < wanted and (stretches == 1 or taken < quota)
            if has_room and not is_like_any(passage.quote, (one.quote for one in picked), alike):
                picked.append(passage)
    return picked


def _stretch(passage: Passage, stretches: int) -> int:
    return min(stretches - 1, int(passage.position * stretches))


def is_like_any(text: str, others: Iterable[str], share: float) -> bool:
    """Return whether one of `others` has that share of content words in common with `text`."""
    return any(text == other or _likeness(text, other) >= share for other in others)


def _likeness(text: str, other: str) -> float:
    stems, others = stems_of(text), stems_of(other)
    return len(stems & others) / max(1, min(len(stems), len(others)))


def _usable(passages: Sequence[Passage]) -> list[Passage]:
    """Leave out what is no content; take headings and rows only where sentences are few."""
    heads = _running_heads(passages)
    plausible = [
        passage
        for passage in passages
        if _shape(passage.quote) not in heads and _is_content(passage)
    ]
    sentences = [passage for passage in plausible if passage.is_sentence]
    if len(sentences) >= ENOUGH_SENTENCES:
        return sentences
    return plausible or [passage for passage in passages if not is_prompt_injection(passage.quote)]


def _is_content(passage: Passage) -> bool:
    quote = passage.quote
    return (
        len(quote) >= 12
        and not COURTESY.match(quote)
        and not SALUTATION.match(quote)
        and not DOTTED_LEADER.search(quote)
        and not HEADER_LINE.match(quote)
        and not passage.instructs
        and _noise(quote) < 0.35
    )


def _noise(quote: str) -> float:
    """Return the share of tokens that look like misread characters."""
    tokens = quote.split()
    odd = sum(1 for token in tokens if not READABLE_TOKEN.search(token))
    return odd / max(1, len(tokens))


def _shape(quote: str) -> str:
    return DIGITS.sub("#", quote.lower())


def _running_heads(passages: Sequence[Passage]) -> set[str]:
    pages_by_shape: dict[str, set[int]] = {}
    for passage in passages:
        pages_by_shape.setdefault(_shape(passage.quote), set()).add(passage.page)
    return {shape for shape, pages in pages_by_shape.items() if len(pages) >= REPEATED_ON_PAGES}


def _scores(usable: Sequence[Passage], passages: Sequence[Passage]) -> dict[Passage, float]:
    frequency: Counter[str] = Counter()
    for passage in passages:
        frequency.update(stems_of(passage.quote))
    top = math.log1p(max(frequency.values(), default=1))
    return {passage: _score(passage, frequency, top) for passage in usable}


def _score(passage: Passage, frequency: Counter[str], top: float) -> float:
    stems = stems_of(passage.quote)
    weight = sum(math.log1p(frequency[stem]) for stem in stems) / (len(stems) or 1) / top
    words = len(passage.quote.split())
    fewest, most = IDEAL_WORDS
    length = min(1.0, words / fewest, most / words)
    return (
        weight
        + 0.4 * length
        + 0.3 * math.exp(-passage.position * 8)
        + 0.35 * bool(POINT.search(passage.quote))
        + 0.2 * bool(AMOUNT.search(passage.quote))
        + 0.15 * bool(DATE.search(passage.quote) or WITHIN.search(passage.quote))
        + 0.3 * passage.is_sentence
        - 0.3 * passage.quote.endswith("?")
        - _noise(passage.quote)
    )
