"""Detect the language of a text by its most common small words.

A word list per language and a count: enough for whole pages, not for single words.
"""

from __future__ import annotations

import re
from collections import Counter

from devstack.services.text.vocabulary import read_sections

STOP_WORDS: dict[str, frozenset[str]] = {
    code: frozenset(" ".join(lines).split()) for code, lines in read_sections("stop_words").items()
}

DEFAULT_LANGUAGE = "en"
ALL_STOP_WORDS = frozenset().union(*STOP_WORDS.values())
WORD = re.compile(r"[^\W\d_]+", re.UNICODE)
ENOUGH_WORDS = 4_000
"""Counting more of a long document changes nothing."""


def detect_language(text: str) -> tuple[str, float]:
    """Return a two-letter code and a confidence in 0..1, which is 0 where no word was known."""
    words = [match.group().lower() for match in WORD.finditer(text)][:ENOUGH_WORDS]
    hits: Counter[str] = Counter()
    for word, times in Counter(words).items():
        known_in = [code for code, known in STOP_WORDS.items() if word in known]
        for code in known_in:
            # A word that many languages share tells little.
            hits[code] += times * 60 // len(known_in)
    if not hits:
        return DEFAULT_LANGUAGE, 0.0
    (best, best_hits), *others = hits.most_common(2)
    rest = others[0][1] if others else 0
    return best, round(best_hits / (best_hits + rest), 2)
