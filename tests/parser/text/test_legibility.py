"""Guessed characters: text of some language, or numbers of glyphs."""

# ruff: noqa: RUF001 - letters of other scripts are what this is about
from __future__ import annotations

import pytest

from docflow.parser.text.legibility import is_legible, is_mostly_lost

TULIPS = "The committee decided to plant forty tulips. "


def moved(text: str, by: int) -> str:
    return "".join(chr(ord(character) - by) for character in text)


@pytest.mark.parametrize(
    "text",
    [
        TULIPS,
        "KEY INVESTOR INFORMATION",
        "Uvolnění vinkulace",
        "Faktura nr FV 1/2021 Data wystawienia 12-05-2021",
        "Hóa đơn này phải được thanh toán trước ngày mười lăm",
        "срок оплаты истекает завтра",
        "η πληρωμή πρέπει να γίνει",
        "メニューの「スタート」⇒「コントロールパネル」",
        "甲方：中国饮料有限公司",
        "감사합니다 고객님",
        "تاريخ استحقاق الفاتورة غدا",
        " \n",
    ],
)
def test_a_text_of_any_language_is_legible(text: str) -> None:
    assert is_legible(text)


@pytest.mark.parametrize(
    "text",
    [
        moved(TULIPS, 29),
        moved(TULIPS, 28).replace("\x04", " "),
        "9ROXPHV",
        "'(&6&5,37,21",
        "\x01\x02\x03\x04\x05\x03\x06\x07",
        "̽ଋҨǥƹ̽ୡȥဎഁୡ Ҩဌʾဎಱ̽ೌ",
        "Ԕ ϸЇ ΰ Ψ́ ϣ ķ g ϙ ʆ",
        "ČãþĜåêitpċâýěäéÈËeċ",
        "䋴䋮䋶㩈㨉",
    ],
)
def test_numbers_of_glyphs_are_not(text: str) -> None:
    assert not is_legible(text)


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("\ufffd\ufffd\ufffd", True),
        ("\ufffd \n \ufffd\ufffd", True),
        ("p\ufffd\ufffd by \ufffd\ufffd\ufffdday", True),
        (TULIPS + "\ufffd", False),
        ("", False),
        (" ", False),
    ],
)
def test_a_text_of_lost_characters_is_told(text: str, lost: bool) -> None:
    assert is_mostly_lost(text) is lost
    assert not (lost and is_legible(text))
