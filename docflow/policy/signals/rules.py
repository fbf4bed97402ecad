"""The rules of `urgency.yaml`: signals, and the phrases that give them, by language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from docflow.parser.text.comparison import FoldedText, Span, fold
from docflow.policy.phrases import Phrase
from docflow.policy.zones.words import pattern

Filled = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Weight = Annotated[float, Field(gt=0, lt=1)]

SignalKind = Literal["danger", "consequence", "pressure"]
"""What a signal is about: danger to people or data, which needs no date; a consequence for the
reader, which a date makes urgent; pressure, which alone is none."""


class RulePhrase(BaseModel):
    """A phrase in one language, with sentences that show what it means."""

    model_config = ConfigDict(extra="forbid", frozen=True, ignored_types=(cached_property,))

    phrase: Filled
    """Words, in the form that `docflow.policy.phrases` takes."""
    fires: Annotated[Filled, Field(alias="for")]
    """A sentence that gives the signal."""
    stays: Annotated[Filled, Field(alias="against")]
    """A sentence with nearly the same words that does not give it."""

    @cached_property
    def words(self) -> Phrase:
        """Return the phrase, ready to be looked for."""
        return Phrase(self.phrase)

    @cached_property
    def own_negations(self) -> list[Phrase]:
        """Return those parts of the phrase that hold a negation, as "not working"."""
        parts = re.split(r"\(\?:|[()|]", self.phrase)
        negation = pattern("negations")
        return [
            Phrase(part.lstrip("?*+").strip())
            for part in parts
            if negation.search(fold(re.sub(r"\\.[+*?]?", " ", part)).text)
        ]

    @cached_property
    def literal(self) -> str:
        """Return letters that stand in whatever the phrase matches, or nothing."""
        return literal_of(self.phrase)


class Signal(BaseModel):
    """One thing that speaks for urgency."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: SignalKind
    says: Filled
    """What it means, for the people who read the record."""
    weight: Weight
    """How likely a letter with this signal alone is urgent."""
    phrases: dict[str, list[RulePhrase]]
    """By language."""

    @model_validator(mode="after")
    def _not_empty(self) -> Signal:
        empty = [language for language, phrases in self.phrases.items() if not phrases]
        if empty or not self.phrases:
            raise ValueError("a signal needs at least one phrase in each language it names")
        return self


class UrgencyRules(BaseModel):
    """All of `urgency.yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    urgent_from: Weight
    """Lowest score that counts as urgent."""
    doubtful_from: Weight
    """Scores from here up to `urgent_from` go to a person."""
    deadlines: dict[int, Weight]
    """Weight of a deadline that asks something of the reader, by the most days that are left."""
    overdue_days: Annotated[int, Field(ge=0)]
    """A deadline that passed so many days ago counts as one of today; an older one not at all."""
    signals: dict[str, Signal]

    @property
    def languages(self) -> frozenset[str]:
        """Return the languages that have rules."""
        return frozenset(code for signal in self.signals.values() for code in signal.phrases)

    def weight_of_deadline(self, days_left: int) -> float:
        """Return how much a deadline counts; 0 if it is far away or long past."""
        if days_left < -self.overdue_days:
            return 0
        return next(
            (weight for most, weight in sorted(self.deadlines.items()) if days_left <= most), 0
        )


@cache
def urgency_rules() -> UrgencyRules:
    """Return the rules, read and validated on first use.

    Raises:
        ValidationError: the file is not of the form that this module describes.
    """
    content = files("docflow.policy").joinpath("urgency.yaml").read_text(encoding="utf-8")
    return UrgencyRules.model_validate(yaml.safe_load(content))


@dataclass(frozen=True, slots=True)
class SignalMatch:
    """The words of a sentence that give a signal."""

    place: Span
    phrase: RulePhrase

    def rest_of(self, sentence: str) -> str:
        """Return those of the words that could turn the signal round, without its own negation."""
        words = sentence[self.place.start : self.place.end]
        for own in self.phrase.own_negations:
            found = own.find(fold(words))
            if found is not None:
                words = words[: found.start] + words[found.end :]
        return words


def signals_in(text: FoldedText, rules: UrgencyRules, language: str = "") -> dict[str, SignalMatch]:
    """Return the signals in a sentence, by name, with the words that give them.

    Args:
        text: A sentence.
        rules: The rules.
        language: Its language; phrases of all languages are looked for if it is empty, or if there
            are no rules for it.
    """
    found: dict[str, SignalMatch] = {}
    known = language if language in rules.languages else ""
    for name, signal in rules.signals.items():
        for code, phrases in signal.phrases.items():
            match = None if known and code != known else _first(text, phrases)
            if match is not None:
                found[name] = match
                break
    return found


def literal_of(phrase: str) -> str:
    """Return the longest run of letters that a phrase has outside of groups and choices."""
    depth, kept = 0, []
    for character in re.sub(r"\\.|\[[^\]]*\]|\{[^}]*\}", "\0", phrase):
        depth += (character == "(") - (character == ")")
        kept.append(character if depth == 0 and character != ")" else "\0")
    plain = "".join(kept)
    if "|" in plain:
        return ""
    runs = re.split(r"\0+|[.^$]", re.sub(r"\w[?*]", "\0", plain))
    return max((fold(run).letters for run in runs), key=len, default="")


def _first(text: FoldedText, phrases: list[RulePhrase]) -> SignalMatch | None:
    for phrase in phrases:
        if phrase.literal in text.letters:
            place = phrase.words.find(text)
            if place is not None:
                return SignalMatch(place, phrase)
    return None
