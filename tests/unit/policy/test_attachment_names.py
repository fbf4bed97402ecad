from __future__ import annotations

import pytest

from docflow.policy.attachment_names import attachment_name, parent_of, safe_name

MAIL_ID = "0123456789abcdef0123456789abcdef"


def test_an_attachment_stands_beside_its_mail_under_a_name_of_its_own() -> None:
    name = attachment_name("in/offer.eml", MAIL_ID, 3, "Plan ü.pdf")

    assert name == "in/offer.eml.attachments/01234567-03-Plan ü.pdf"


def test_no_name_is_too_long() -> None:
    name = attachment_name("m" * 1_024, MAIL_ID, 1, "n" * 5_000 + ".pdf")

    assert len(name) < 1_024
    assert name.endswith("nnn.pdf")


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("report.pdf", "report.pdf"),
        ("Grüße 見積書.pdf", "Grüße 見積書.pdf"),
        ("Gru\u0308ße.pdf", "Grüße.pdf"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..", "attachment"),
        ("C:\\temp\\a.pdf", "C__temp_a.pdf"),
        ("a\r\nb\tc\0.pdf", "abc.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("\u200b\ufeff", "attachment"),
        ("a\u3164\U000e0041\ufe0e\ufe0f\u2028b.pdf", "a\ufe0eb.pdf"),
        ("", "attachment"),
        (" . ", "attachment"),
        ("what?is*this|.pdf", "what_is_this_.pdf"),
        ("\ud800a.pdf", "a.pdf"),
        ("x" * 2_000, "x" * 120),
        ("a." + "y" * 200, "a." + "y" * 118),
    ],
)
def test_any_name_becomes_one_part_of_a_path(given: str, safe: str) -> None:
    assert safe_name(given) == safe


@pytest.mark.parametrize(
    ("metadata", "parent"),
    [
        ({"docflowparent": MAIL_ID}, MAIL_ID),
        ({}, None),
        ({"docflowparent": "../x"}, None),
        ({"docflowparent": MAIL_ID.upper()}, None),
        ({"docflowparent": f"{MAIL_ID}\n"}, None),
    ],
)
def test_only_an_id_is_taken_for_a_parent(metadata: dict[str, str], parent: str | None) -> None:
    assert parent_of(metadata) == parent
