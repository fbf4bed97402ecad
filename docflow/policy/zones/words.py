"""The words that tell the parts of a document apart, by language: from `words.yaml`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter

from docflow.parser.text.comparison import GAP, MAYBE, STOP, fold

WordKind = Literal[
    "greetings", "closings", "postscripts", "quotes", "terms", "end_terms", "footers", "parties",
    "addressed", "conditions", "may", "negations", "settled", "obliges", "otherwise", "past",
    "examples",
]  # fmt: skip

ANYTHING = "..."
"""Stands for any words in a phrase."""


class ZoneWords(BaseModel):
    """The words of one language; the head of `words.yaml` says what each list is for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    greetings: list[str]
    closings: list[str]
    postscripts: list[str]
    quotes: list[str]
    terms: list[str]
    end_terms: list[str]
    footers: list[str]
    parties: list[str]
    addressed: list[str]
    conditions: list[str]
    may: list[str]
    negations: list[str]
    settled: list[str]
    obliges: list[str]
    otherwise: list[str]
    past: list[str]
    examples: list[str]

    def of(self, kind: WordKind) -> list[str]:
        """Return the words of a kind."""
        found: list[str] = getattr(self, kind)
        return found


@cache
def zone_words() -> Mapping[str, ZoneWords]:
    """Return the words of all languages, read on first use."""
    import yaml  # on first use: the app starts without it

    content = files("docflow.policy.zones").joinpath("words.yaml").read_text(encoding="utf-8")
    return TypeAdapter(dict[str, ZoneWords]).validate_python(yaml.safe_load(content))


@cache
def pattern(kind: WordKind, language: str = "") -> re.Pattern[str]:
    """Return what finds the words of a kind in the `text` of a folded text.

    Args:
        kind: The kind of words.
        language: The language of the text; empty for all languages, also where there are no words
            for it.
    """
    tables = zone_words()
    known = [tables[language]] if language in tables else tables.values()
    phrases = {phrase for table in known for phrase in table.of(kind)}
    return re.compile(rf"(?<![^{GAP}{STOP}])(?:{_alternatives(phrases)})(?![^{GAP}{STOP}])")


def _alternatives(phrases: Iterable[str]) -> str:
    longest_first = sorted(phrases, key=lambda phrase: (-len(phrase), phrase))
    return "|".join(_one(phrase) for phrase in longest_first)


def _one(phrase: str) -> str:
    parts = [fold(part).text for part in phrase.split(ANYTHING)]
    gap = f"[{GAP}{MAYBE}]"
    words = (re.sub(rf"[{GAP}{MAYBE}{STOP}]", gap, re.escape(part)) for part in parts)
    return r".{1,120}?".join(word.replace("\\ ", gap).replace("\\" + gap, gap) for word in words)
