"""The rules of `urgency.yaml`: signals, and the phrases that give them, by language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from docflow.parser.text.comparison import FoldedText, Span, fold
from docflow.policy.phrases import Phrase
from docflow.policy.zones.words import pattern

Filled = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Weight = Annotated[float, Field(gt=0, lt=1)]

SignalKind = Literal["danger", "consequence", "pressure"]
"""What a signal is about: danger to people or data, which needs no date; a consequence for the
reader, which a date makes urgent; pressure, which alone is none."""


_PARTS = re.compile(r"\\.|\[[^\]]*\]|\{[^}]*\}|\(\?[:=!]|.", re.DOTALL)
_IS_LETTERS = re.compile(r"[^\W_]|[ '-]")


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
    def literals(self) -> tuple[str, ...]:
        """Return letters of which one must stand in a text that the phrase matches."""
        return literals_of(self.phrase)


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


class NearDate(BaseModel):
    """A day that a letter names, without a word that makes it a deadline."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    within_days: Annotated[int, Field(ge=1)]
    weight: Weight


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
    near_date: NearDate
    """What a day soon after the receipt counts, if there is no deadline."""
    inaction: Weight
    """What it counts that something follows if nobody acts, in a letter that names a day."""
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
    import yaml  # on first use: the app starts without it

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


def candidates_in(
    text: FoldedText, rules: UrgencyRules, language: str = ""
) -> dict[str, list[RulePhrase]]:
    """Return those phrases, by signal, whose letters stand in a text: the others cannot match.

    Args:
        text: A whole document.
        rules: The rules.
        language: Its language; phrases of all languages are returned if it is empty, or if there
            are no rules for it.
    """
    known = language if language in rules.languages else ""
    return {
        name: [
            phrase
            for code, phrases in signal.phrases.items()
            if not known or code == known
            for phrase in phrases
            if any(literal in text.letters for literal in phrase.literals)
        ]
        for name, signal in rules.signals.items()
    }


def signals_in(
    sentence: FoldedText, candidates: Mapping[str, list[RulePhrase]]
) -> dict[str, SignalMatch]:
    """Return the signals in a sentence, by name, with the words that give them.

    Args:
        sentence: A sentence of the document.
        candidates: The phrases that the document may hold, from `candidates_in`.
    """
    found = {}
    for name, phrases in candidates.items():
        match = next(filter(None, (_match(sentence, phrase) for phrase in phrases)), None)
        if match is not None:
            found[name] = match
    return found


def literals_of(phrase: str) -> tuple[str, ...]:
    """Return letters of which one must stand in whatever a phrase matches.

    Of all parts of a phrase that must be there, those with the longest letters are taken; of a
    group each of its choices counts. Without any the empty text is returned, which is everywhere.
    """
    options, _ = _choices(_PARTS.findall(phrase), 0)
    return options


def _choices(parts: list[str], index: int) -> tuple[tuple[str, ...], int]:
    """Return what one of must stand in a group, and the index after its end."""
    options: list[str] = []
    best: tuple[str, ...] = ("",)
    run = ""
    while index < len(parts) and parts[index] != ")":
        part, index = parts[index], index + 1
        inner: tuple[str, ...] = ("",)
        if part.startswith("("):
            inner, index = _choices(parts, index)
            index += 1
        optional = index < len(parts) and parts[index][0] in "?*{"
        if _IS_LETTERS.fullmatch(part):
            run += part if not optional else ""
            if not optional:
                continue
        best, run = max(best, (fold(run).letters,), key=_shortest), ""
        if part == "|":
            options.extend(best)
            best = ("",)
        elif not optional:
            best = max(best, inner, key=_shortest)
    best = max(best, (fold(run).letters,), key=_shortest)
    return (*options, *best), index


def _shortest(options: tuple[str, ...]) -> int:
    return min(map(len, options))


def _match(sentence: FoldedText, phrase: RulePhrase) -> SignalMatch | None:
    if not any(literal in sentence.letters for literal in phrase.literals):
        return None
    place = phrase.words.find(sentence)
    return None if place is None else SignalMatch(place, phrase)
