"""The language of a text is told by its words, not by its addresses."""

from __future__ import annotations

import pytest

from docflow.policy.language import language_of

TEXTS = {
    "en": "Dear Ms Ray, we will cut the water off on Monday unless we hear from you.",
    "de": "Sehr geehrte Frau Ott, am Montag wird das Wasser abgestellt.",
    "fr": "Madame, nous couperons l'eau lundi si vous ne payez pas.",
    "es": "Estimado señor, le informamos de que el lunes cortaremos el agua.",
    "it": "Gentile signore, la informiamo che lunedì sarà staccata l'acqua.",
    "nl": "Geachte heer, maandag sluiten wij het water in uw woning af.",
    "pt": "Exmo. Senhor, informamos que a água será cortada na segunda-feira.",
    "pl": "Szanowni Państwo, informujemy, że w poniedziałek woda zostanie odcięta.",
}


@pytest.mark.parametrize(("language", "text"), TEXTS.items())
def test_the_language_of_a_sentence_is_told(language: str, text: str) -> None:
    assert language_of([text]) == language


def test_addresses_and_numbers_tell_nothing() -> None:
    head = "<office@rathaus.example> https://www.rathaus.example/termine/2026 IBAN_DE12 "

    assert language_of([head * 5, TEXTS["en"]]) == "en"


@pytest.mark.parametrize("text", ["", "12.3.2026 4711", "Ott", "\n\f\n"])
def test_what_has_no_language_has_none(text: str) -> None:
    assert language_of([text]) == ""
