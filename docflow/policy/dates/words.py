"""The words of dates, by language: from `words.yaml`, and from the CLDR by way of Babel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter

from docflow.policy.dates.days import Unit
from docflow.policy.dates.tokens import Phrases, plain, tokens_of

MONTH_LANGUAGES = (
    "en", "de", "fr", "es", "it", "nl", "pt", "pl", "sv", "da", "nb", "cs", "fi", "sk", "hu", "ro",
    "hr", "sl", "bg", "ru", "uk", "el", "tr", "lt", "lv", "et", "ca",
)  # fmt: skip
"""Languages whose months and weekdays are known; where two disagree, the earlier one counts."""

_MORE_MONTHS = {
    "de": {"jänner": 1, "feber": 2, "maerz": 3, "mrz": 3},
    "en": {"sept": 9},
    "pt": {"sept": 9},
    "es": {"setiembre": 9, "sept": 9},
    "fr": {"fevr": 2, "juill": 7, "dec": 12},
}
"""Forms that people write and the CLDR does not list."""

PhraseKind = Literal[
    "within", "not_within", "starts", "from_letter", "from_receipt", "today", "tomorrow",
    "day_after_tomorrow", "end_of_week", "end_of_month", "end_of_year", "next_week", "last_part",
    "middle_part", "week", "past_weekday", "deadline", "deadline_after", "no_deadline", "own_date",
    "not_own_date",
]  # fmt: skip

_MOMENTS: tuple[PhraseKind, ...] = (
    "today", "tomorrow", "day_after_tomorrow", "end_of_week", "end_of_month", "end_of_year",
    "next_week",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Named:
    """What a name stands for in one language."""

    language: str
    value: int


@dataclass(frozen=True, slots=True)
class UnitWord:
    """A unit in one language."""

    language: str
    unit: Unit


class LanguageTable(BaseModel):
    """The words of one language, as `words.yaml` has them; its head says what each is for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    numbers: dict[str, int]
    units: dict[Unit, list[str]]
    working_days: list[str]
    weekdays: list[str]
    fixed: dict[str, int]
    within: list[str]
    not_within: list[str]
    starts: list[str]
    from_letter: list[str]
    from_receipt: list[str]
    today: list[str]
    tomorrow: list[str]
    day_after_tomorrow: list[str]
    end_of_week: list[str]
    end_of_month: list[str]
    end_of_year: list[str]
    next_week: list[str]
    last_part: list[str]
    middle_part: list[str]
    week: list[str]
    past_weekday: list[str]
    deadline: list[str]
    deadline_after: list[str]
    no_deadline: list[str]
    own_date: list[str]
    not_own_date: list[str]

    def phrases(self, kind: PhraseKind) -> list[str]:
        """Return the phrases of a kind."""
        found: list[str] = getattr(self, kind)
        return found


class Words:
    """Everything that the reading of dates knows of languages."""

    def __init__(self, tables: Mapping[str, LanguageTable]) -> None:
        """Take the words of each language, by its code."""
        self._tables = tables
        self._phrases: dict[PhraseKind, Phrases] = {}
        self.months = _names("months")
        self.weekdays = _names("days")
        self.numbers = {
            language: {_key(word): value for word, value in table.numbers.items()}
            for language, table in tables.items()
        }
        self.units: dict[str, list[UnitWord]] = {}
        for language, table in tables.items():
            for unit, names in table.units.items():
                for name in names:
                    self.units.setdefault(plain(name), []).append(UnitWord(language, unit))
        self.working_days = {key: _plain(table.working_days) for key, table in tables.items()}
        self.monday_to_saturday = {key: _plain(table.weekdays) for key, table in tables.items()}
        self.moments = Phrases(
            (phrase, f"{kind} {language}")
            for kind in _MOMENTS
            for language, table in tables.items()
            for phrase in table.phrases(kind)
        )
        self.fixed = Phrases(
            (phrase, f"{days} {language}")
            for language, table in tables.items()
            for phrase, days in table.fixed.items()
        )

    def phrases(self, kind: PhraseKind) -> Phrases:
        """Return the phrases of a kind in all languages; each means its language."""
        if kind not in self._phrases:
            self._phrases[kind] = Phrases(
                (phrase, language)
                for language, table in self._tables.items()
                for phrase in table.phrases(kind)
            )
        return self._phrases[kind]


@cache
def words() -> Words:
    """Return the words of all languages, read on first use."""
    import yaml  # on first use: the app starts without it

    content = files("docflow.policy.dates").joinpath("words.yaml").read_text(encoding="utf-8")
    return Words(TypeAdapter(dict[str, LanguageTable]).validate_python(yaml.safe_load(content)))


def preferred(found: list[Named], language: str) -> Named:
    """Return what a name means in the language of the text, or in the first that knows it."""
    return next((named for named in found if named.language == language), found[0])


def language_of(found: list[Named], language: str) -> str:
    """Return the language of a name: that of the text if it knows the name, else the only one.

    Empty if several know it, as "december".
    """
    known = {named.language for named in found}
    if language in known:
        return language
    return next(iter(known)) if len(known) == 1 else ""


def _names(kind: Literal["months", "days"]) -> dict[str, list[Named]]:
    names: dict[str, list[Named]] = {}
    for language in MONTH_LANGUAGES:
        for name, value in _names_in(language, kind):
            known = names.setdefault(name, [])
            if all(named.language != language for named in known):
                known.append(Named(language, value))
    return names


def _names_in(language: str, kind: Literal["months", "days"]) -> Iterator[tuple[str, int]]:
    from babel import Locale  # on first use: the app starts without it

    locale = Locale(language)
    by_form = locale.months if kind == "months" else locale.days
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            for value, name in by_form[context][width].items():
                key = _key(name.strip("."))
                if len(key) >= (2 if width == "abbreviated" and kind == "days" else 3):
                    yield key, int(value)
    if kind == "months":
        yield from ((_key(name), value) for name, value in _MORE_MONTHS.get(language, {}).items())


def _key(name: str) -> str:
    return " ".join(token.text for token in tokens_of(plain(name)))


def _plain(names: Iterable[str]) -> frozenset[str]:
    return frozenset(plain(name) for name in names)
