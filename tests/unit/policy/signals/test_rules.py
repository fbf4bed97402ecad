"""The rules of urgency: each phrase gives its signal where it should, and only there."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import ValidationError

from docflow.policy.signals.findings import findings_in
from docflow.policy.signals.rules import RulePhrase, UrgencyRules, literals_of, urgency_rules

RULES = urgency_rules()
PHRASES = [
    pytest.param(name, language, phrase, id=f"{language}-{name}-{number}")
    for name, signal in RULES.signals.items()
    for language, phrases in signal.phrases.items()
    for number, phrase in enumerate(phrases, start=1)
]


def only(name: str, language: str, phrase: RulePhrase) -> UrgencyRules:
    signal = RULES.signals[name].model_copy(update={"phrases": {language: [phrase]}})
    return RULES.model_copy(update={"signals": {name: signal}})


def signals_of(text: str, language: str, rules: UrgencyRules = RULES) -> list[str]:
    found = findings_in(text, date(2026, 11, 28), language=language, rules=rules)
    return [each.signal for each in found.evidence]


@pytest.mark.parametrize(("name", "language", "phrase"), PHRASES)
def test_a_phrase_is_found_in_its_sentence_and_not_in_the_other(
    name: str, language: str, phrase: RulePhrase
) -> None:
    rules = only(name, language, phrase)

    assert name in signals_of(phrase.fires, language, rules)
    assert name not in signals_of(phrase.stays, language, rules)


def test_there_are_rules_for_each_signal_in_eight_languages() -> None:
    languages = {"en", "de", "fr", "es", "it", "nl", "pt", "pl"}

    missing = {
        name: missed
        for name, signal in RULES.signals.items()
        if (missed := languages - signal.phrases.keys())
    }

    assert missing == {}


@pytest.mark.parametrize(
    ("phrase", "literals"),
    [
        (r"\bgas (?:leak|escape)\b", {"leak", "escape"}),
        (r"\bevict(?:ion|ed)?\b", {"evict"}),
        (r"\b(?:inkasso\w*|schufa\w*)\b", {"inkasso", "schufa"}),
        (r"\bcolou?r\b", {"colo"}),
        (r"a|b", {"a", "b"}),
        (r"\w+ (?:x|yy)?", {""}),
    ],
)
def test_letters_that_must_be_there_are_known(phrase: str, literals: set[str]) -> None:
    assert set(literals_of(phrase)) == literals


@pytest.mark.parametrize(
    "change",
    [
        {"signals": {"x": {"kind": "danger", "says": "y", "weight": 0.5, "phrases": {}}}},
        {"signals": {"x": {"kind": "danger", "says": "y", "weight": 1.5, "phrases": {"en": []}}}},
        {"urgent_from": 2},
        {"unknown": 1},
    ],
)
def test_a_file_of_another_form_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        UrgencyRules.model_validate({**RULES.model_dump(by_alias=True), **change})
