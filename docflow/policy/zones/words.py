"""The words that tell the parts of a document apart, by language: from `words.yaml`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter

from docflow.parser.text.comparison import GAP, MAYBE, STOP, fold
from docflow.policy.tables import once, read_table

WordKind = Literal[
    "greetings", "closings", "postscripts", "quotes", "terms", "terms_words",
    "end_terms", "footers", "parties",
    "addressed", "conditions", "may", "negations", "settled", "obliges", "otherwise", "past",
    "examples",
]  # fmt: skip

ANYTHING = "..."
"""Stands for any words in a phrase."""
ANY_LETTERS = "*"
"""Stands for the rest of a word, at the beginning or at the end of a phrase."""


class ZoneWords(BaseModel):
    """The words of one language; the head of `words.yaml` says what each list is for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    greetings: list[str] = []
    closings: list[str] = []
    postscripts: list[str] = []
    quotes: list[str] = []
    terms: list[str] = []
    terms_words: list[str] = []
    end_terms: list[str] = []
    footers: list[str] = []
    parties: list[str] = []
    addressed: list[str] = []
    conditions: list[str] = []
    may: list[str] = []
    negations: list[str] = []
    settled: list[str] = []
    obliges: list[str] = []
    otherwise: list[str] = []
    past: list[str] = []
    examples: list[str] = []

    def of(self, kind: WordKind) -> list[str]:
        """Return the words of a kind."""
        found: list[str] = getattr(self, kind)
        return found


@once
def zone_words() -> Mapping[str, ZoneWords]:
    """Return the words of all languages, read on first use."""
    return TypeAdapter(dict[str, ZoneWords]).validate_python(
        read_table("docflow.policy.zones", "words.yaml")
    )


@cache
def pattern(kind: WordKind, language: str = "") -> re.Pattern[str]:
    """Return what finds the words of a kind in the `text` of a folded text.

    Args:
        kind: The kind of words.
        language: The language of the text; those of all languages are taken if it is empty, or if
            there are no words of this kind for it.
    """
    tables = zone_words()
    phrases = set(tables[language].of(kind)) if language in tables else set()
    phrases = phrases or {phrase for table in tables.values() for phrase in table.of(kind)}
    return re.compile(rf"(?<![^{GAP}{STOP}])(?:{_alternatives(phrases)})(?![^{GAP}{STOP}])")


def _alternatives(phrases: Iterable[str]) -> str:
    longest_first = sorted(phrases, key=lambda phrase: (-len(phrase), phrase))
    return "|".join(_one(phrase) for phrase in longest_first)


def _one(phrase: str) -> str:
    """Return the pattern of a phrase; `*` at an end stands for any letters."""
    before, after = (r"\w*" if mark == ANY_LETTERS else "" for mark in (phrase[0], phrase[-1]))
    parts = [fold(part).text for part in phrase.strip(ANY_LETTERS).split(ANYTHING)]
    gap = f"[{GAP}{MAYBE}]"
    words = (re.sub(rf"[{GAP}{MAYBE}{STOP}]", gap, re.escape(part)) for part in parts)
    joined = r".{1,120}?".join(word.replace("\\ ", gap).replace("\\" + gap, gap) for word in words)
    return f"{before}{joined}{after}"
