# ruff: noqa: RUF001 - letters that look like others are what this is about
from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docflow.policy.shown_text import shown, shown_on_one_line

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
RAINBOW = "\U0001f3f3\ufe0f\u200d\U0001f308"
HEALTH_WORKER = "\U0001f468\U0001f3fd\u200d\u2695\ufe0f"


@pytest.mark.parametrize(
    ("text", "visible"),
    [
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("\u2066pay\u2069 \u2067now\u2068", "pay now"),
        ("\u200epay\u200f\u061c now", "pay now"),
        ("p\u200ba\u2060y\ufeff \u00adnow", "pay now"),
        ("pay\x00\x07\x1b[31m\x7f\x9b now", "pay[31m now"),
        ("pay\ufff9now\ufffaignored\ufffb", "paynowignored"),
        ("pay\U000e0001\U000e0070\U000e007f now", "pay now"),
        ("pay\u3164\u115f\uffa0\u2800 now", "pay now"),
        ("a\ufe00\ufe01\ufe02\ufe03b", "a\ufe00b"),
        ("\ufe0fa \U000e0100b", "a b"),
        ("pay\ud800 now\uffff", "pay now"),
        ("pay\u2028now\u2029today\x85on\vtime\r\n", "pay\nnow\ntoday\non\ntime\n"),
        ("a\u200db\u200cc", "abc"),
        ("\u200d\u200cpay", "pay"),
    ],
)
def test_nothing_that_nobody_sees_goes_out(text: str, visible: str) -> None:
    assert shown(text) == visible


@pytest.mark.parametrize(
    "text",
    [
        "Grüße, 10 €\tund\nmehr",
        "Zu\u0308rich",
        "کتاب\u200cها و می\u200cشود",
        "می\u064e\u200cشود",
        "क\u094d\u200dष क\u094d\u200cष",
        "ශ්\u200dරී ලංකාව",
        "ന്\u200d",
        "השם הוא שלום",
        "\u0600\u0661\u0662",
        "葛\U000e0100飾区",
        f"{FAMILY} {RAINBOW} {HEALTH_WORKER}",
        "1\ufe0f\u20e3 ❤\ufe0f",
        "\u1820\u180b",
    ],
)
def test_what_scripts_and_emoji_need_stays(text: str) -> None:
    assert shown(text) == text


def test_a_line_stays_one_line() -> None:
    assert shown_on_one_line(" pay\u2028\u202enow\r\n today\u0085 ") == "pay now today"


@given(st.text())
def test_visible_text_is_kept_in_order_and_what_is_shown_stays(text: str) -> None:
    visible = shown(text)

    assert shown(visible) == visible
    assert all(
        character in "\t\n\u200c\u200d" or unicodedata.category(character) not in {"Cc", "Cs", "Zl"}
        for character in visible
    )
    assert not set(visible) & set(map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]))
