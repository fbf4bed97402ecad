# ruff: noqa: RUF001 - letters that look like others are what this is about
from __future__ import annotations

import pytest

from docflow.parser.text.comparison import fold
from docflow.policy.phrases import Phrase

NOTICE = r"\bfinal (?:notice|demand)s?\b"


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (NOTICE, "our FINAL NOTICE to you", "FINAL NOTICE"),
        (NOTICE, "our final\nnotice to you", "final\nnotice"),
        (NOTICE, "our final\u00a0no\u00adtices", "final\u00a0no\u00adtices"),
        (NOTICE, "our fi-\nnal no-\ntice to you", "fi-\nnal no-\ntice"),
        (NOTICE, "a final-notice letter", "final-notice"),
        (NOTICE, "a final-\nnotice letter", "final-\nnotice"),
        (NOTICE, "a so-final notice", "final notice"),
        (NOTICE, "semifinal notice", None),
        (NOTICE, "final noticed", None),
        (NOTICE, "That is final. Notice the dog.", None),
        (r"\bshut-off\b", "the shutoff", "shutoff"),
        (r"\bshut-off\b", "the shut off", "shut off"),
        (r"\bshut-off\b", "the shut-\noff", "shut-\noff"),
        (r"\bavis d'expulsion\b", "un avis d’expulsion", "avis d’expulsion"),
        (r"\bavis\b", "voici l’avis", "avis"),
        (r"\bin \d{1,2} tagen\b", "in 14\nTagen", "in 14\nTagen"),
        (r"\bin \d{1,2} tagen\b", "in 140 Tagen", None),
        (r"\bRäumungs\w*\b", "die RA\u0308UMUNGS-\nKLAGE", "RA\u0308UMUNGS-\nKLAGE"),
        ("\\bRA\u0308UMUNG\\b", "die Räumung", "Räumung"),
        (r"\br[ÄA]umung\b", "die RÄUMUNG", "RÄUMUNG"),
        ("請求書", "お客様の請求\n書です", "請求\n書"),
        (r"\bstraße\b", "STRASSE", "STRASSE"),
        (r"\bcut.{0,20}\bgas\b", "We cut,\n on Friday, the gas.", "cut,\n on Friday, the gas"),
        (r"\bcut.{0,20}\bgas\b", "We cut it. And many weeks later: gas.", None),
    ],
)
def test_a_phrase_is_found_whatever_breaks_it(pattern: str, text: str, found: str | None) -> None:
    span = Phrase(pattern).find(fold(text))

    assert (span and text[span.start : span.end]) == found
