"""The parts of a document are told apart, and what its sentences assert."""

from __future__ import annotations

import pytest

from docflow.policy.zones.joined_pages import PAGE_BREAK, JoinedPages
from docflow.policy.zones.lines import repeated_lines
from docflow.policy.zones.sentences import (
    Doubt,
    Sentence,
    doubt_about,
    sentences_of,
    without_misread_digits,
)
from docflow.policy.zones.split import zones_of
from docflow.policy.zones.zone import ZoneKind

LETTER = """Northern Power Ltd
12 Grid Road, Leeds LS1 4AB

FINAL NOTICE

Dear Ms Ray,
your balance is overdue.

Yours sincerely,
A. Cole
Final Notice Team

Terms and conditions
The supplier may disconnect the supply at once.
"""


def kinds(text: str, repeated: frozenset[str] = frozenset()) -> dict[str, ZoneKind]:
    return {
        line.strip(): zone.kind
        for zone in zones_of(text, repeated)
        for line in text[zone.start : zone.end].splitlines()
        if line.strip()
    }


def test_a_letter_has_a_head_a_text_a_signature_and_terms() -> None:
    found = kinds(LETTER)

    assert found["Northern Power Ltd"] is ZoneKind.LETTERHEAD
    assert found["12 Grid Road, Leeds LS1 4AB"] is ZoneKind.LETTERHEAD
    assert found["FINAL NOTICE"] is ZoneKind.LETTER
    assert found["your balance is overdue."] is ZoneKind.LETTER
    assert found["Final Notice Team"] is ZoneKind.SIGNATURE
    assert found["The supplier may disconnect the supply at once."] is ZoneKind.TERMS


@pytest.mark.parametrize(
    "heading",
    [
        "General terms", "Allgemeine Gesch\u00e4ftsbedingungen", "Conditions g\u00e9n\u00e9rales",
        "Condiciones generales", "Condizioni generali", "Algemene voorwaarden",
        "Condi\u00e7\u00f5es gerais", "Og\u00f3lne warunki",
    ],
)  # fmt: skip
def test_printed_terms_are_known_by_their_heading(heading: str) -> None:
    assert kinds(f"Text.\n\n{heading}\nWe may evict.")["We may evict."] is ZoneKind.TERMS


@pytest.mark.parametrize(
    "head",
    [
        "On 3 May 2026 Tom wrote:", "Am 3. Mai 2026 schrieb Tom:",
        "Le 3 mai 2026, Tom a \u00e9crit :",
        "El 3 de mayo Tom escribi\u00f3:", "Il 3 maggio Tom ha scritto:",
        "Op 3 mei schreef Tom:",
        "Em 3 de maio Tom escreveu:",
        "W dniu 3 maja Tom napisa\u0142:",
        "-----Original Message-----",
    ],
)  # fmt: skip
def test_a_quoted_mail_is_not_the_letter(head: str) -> None:
    assert kinds(f"Thanks.\n\n{head}\nPay now.")["Pay now."] is ZoneKind.QUOTED


def test_a_postscript_belongs_to_the_letter() -> None:
    found = kinds("Dear Tom,\n\nKind regards\nAnn\n\nP.S. The key is due on Friday.")

    assert found["P.S. The key is due on Friday."] is ZoneKind.LETTER


def test_a_label_that_only_resembles_terms_begins_none() -> None:
    assert kinds("Note to all: leave now.")["Note to all: leave now."] is ZoneKind.LETTER


def test_lines_on_most_pages_are_footers() -> None:
    pages = [f"Page {number} of 3, Final Notice Ltd\nText {word}." for number, word in
             ((1, "one"), (2, "two"), (3, "three"))]  # fmt: skip

    repeated = repeated_lines(pages)

    assert kinds(pages[1], repeated)["Page 2 of 3, Final Notice Ltd"] is ZoneKind.FOOTER
    assert kinds(pages[1], repeated)["Text two."] is ZoneKind.LETTER


def test_joined_pages_lead_back_to_their_numbers() -> None:
    joined = JoinedPages([(2, "Second."), (5, "Fifth.")])

    assert joined.text == f"Second.{PAGE_BREAK}Fifth."
    assert [joined.page_at(joined.text.index(word)) for word in ("Second", "Fifth")] == [2, 5]


def test_a_line_break_ends_no_sentence() -> None:
    text = "This is our final\nnotice. Pay the rest by\nFriday.\n\nThank you"

    assert [" ".join(each.text.split()) for each in sentences_of(text, zones_of(text))] == [
        "This is our final notice.",
        "Pay the rest by Friday.",
        "Thank you",
    ]


DOUBTS = [
    ("We will disconnect you.", "en", False, Doubt.NONE),
    ("The matter has been resolved.", "en", False, Doubt.SETTLED),
    ("If you have paid, no action is required.", "en", False, Doubt.NONE),
    ("If a customer does not pay, the supplier may disconnect.", "en", False, Doubt.CONDITIONAL),
    ("If you do not pay by Friday, we will disconnect you.", "en", True, Doubt.NONE),
    ("Last year we had a gas leak.", "en", False, Doubt.PAST),
    ("This is a drill.", "en", False, Doubt.EXAMPLE),
    ("Im Falle eines Brandes kann der Mieter k\u00fcndigen.", "de", False, Doubt.CONDITIONAL),
    ("Die Sache ist erledigt.", "de", False, Doubt.SETTLED),
    ("Le probl\u00e8me est r\u00e9solu.", "fr", False, Doubt.SETTLED),
    ("En caso de impago el proveedor puede cortar la luz.", "es", False, Doubt.CONDITIONAL),
    ("La fattura \u00e8 stata saldata.", "it", False, Doubt.SETTLED),
    ("De storing is verholpen.", "nl", False, Doubt.SETTLED),
    ("O assunto est\u00e1 resolvido.", "pt", False, Doubt.SETTLED),
    ("Sprawa jest bezprzedmiotowe.", "pl", False, Doubt.SETTLED),
]


@pytest.mark.parametrize(("text", "language", "dated", "doubt"), DOUBTS)
def test_what_is_not_asserted_is_told_with_its_reason(
    text: str, language: str, dated: bool, doubt: Doubt
) -> None:
    assert doubt_about(Sentence(0, len(text), text), language, dated=dated) is doubt


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("F1NAL N0TICE", "FiNAL NoTICE"),
        ("tota1 unpa1d", "total unpaid"),
        ("A1 on 10 May 2026", "A1 on 10 May 2026"),
    ],
)
def test_digits_inside_words_are_the_letters_that_ocr_took_them_for(
    written: str, meant: str
) -> None:
    assert without_misread_digits(written) == meant
