"""Texts in the encodings that people still have, with and without a word on which one it is."""

# ruff: noqa: RUF001 - letters of other scripts are what this is about
from __future__ import annotations

import pytest

from docflow.parser.formats import plain_text
from docflow.parser.refusals import Refusal
from docflow.parser.text import characters, encodings

GERMAN = "Sehr geehrte Damen und Herren, wir bestätigen die Kündigung der Räume für März."
RUSSIAN = "Уважаемый господин Иванов, просим оплатить счёт до 15 марта. С уважением, бухгалтерия."
GREEK = "Αγαπητέ κύριε, σας ενημερώνουμε ότι η πληρωμή πρέπει να γίνει μέχρι τις 15 Μαρτίου."
CZECH = "Vážený pane, děkujeme za Vaši žádost. Příští týden Vám zašleme smlouvu. Jiří Dvořák"
JAPANESE = "お客様各位\n請求書番号 123 の支払期限は三月十五日です。よろしくお願いいたします。"
CHINESE = "尊敬的客户，您好！请于三月十五日前支付发票金额。如有疑问请联系我们。谢谢。"
KOREAN = "고객님께, 3월 15일까지 청구 금액을 납부해 주시기 바랍니다. 감사합니다."


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (GERMAN, "utf-8"),
        (GERMAN, "utf-8-sig"),
        (GERMAN, "utf-16"),
        (GERMAN, "utf-32"),
        (GERMAN, "utf-16-le"),
        (GERMAN, "utf-16-be"),
        (RUSSIAN, "utf-16-le"),
        (JAPANESE, "utf-16"),
        (GERMAN, "cp1252"),
        ("Übergrößenträger äöüÄÖÜß", "cp1252"),
        ("façade à côté", "cp1252"),
        ("un café", "cp1252"),
        (CZECH, "cp1250"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (GREEK, "cp1253"),
        (JAPANESE, "cp932"),
        (JAPANESE, "iso2022_jp"),
        (CHINESE, "gb18030"),
        (CHINESE.replace("您", "你"), "big5hkscs"),
        (KOREAN, "cp949"),
    ],
)
def test_a_text_is_decoded_by_what_its_bytes_tell(text: str, encoding: str) -> None:
    written = text.encode(encoding, "ignore")

    assert encodings.decode(written) == written.decode(encoding)


@pytest.mark.parametrize(
    ("text", "encoding", "declared"),
    [
        ("don’t pay “€5”", "cp1252", "iso-8859-1"),
        ("don’t pay “€5”", "cp1252", "us-ascii"),
        ("㈱と①", "cp932", "Shift_JIS"),
        ("發票", "gb18030", "gb2312"),
        ("לקוח יקר", "iso-8859-8", "iso-8859-8-i"),
        ("감사", "cp949", "ks_c_5601-1987"),
        ("Grüße", "utf-8", "no-such-charset"),
        ("Grüße", "utf-8", "us-ascii\0"),
        ("Привет", "cp1251", "windows-1251"),
    ],
)
def test_what_is_declared_is_taken_for_what_is_meant(
    text: str, encoding: str, declared: str
) -> None:
    assert encodings.decode(text.encode(encoding), declared) == text


@pytest.mark.parametrize(
    ("text", "encoding", "declared"),
    [
        ("Grüße", "utf-8", "iso-8859-1"),
        ("Grüße", "utf-8", "us-ascii"),
        ("Grüße", "utf-8", "windows-1252"),
        ("10 €", "utf-8", "iso-8859-15"),
        (RUSSIAN, "utf-8", "koi8-r"),
        (CZECH, "utf-8", "iso-8859-2"),
        (JAPANESE, "utf-8", "shift_jis"),
        (CHINESE, "utf-8", "gb2312"),
        (KOREAN, "utf-8", "ks_c_5601-1987"),
        (GERMAN, "utf-8", "utf-16"),
        ("plain words", "ascii", "utf-16"),
        (GERMAN, "cp1252", "utf-8"),
        (GERMAN * 20, "cp1252", "utf-8"),
        ("Grüße", "cp1252", "utf-8"),
        (RUSSIAN, "cp1251", "utf-8"),
        (GERMAN, "cp1252", "utf-16"),
        ("Grüße", "cp1252", "iso-8859-1"),
        ("Ã© stands for é", "cp1252", "windows-1252"),
        ("模", "gb18030", "gb2312"),
        ("Καλημέρα «αυτή»", "cp1253", "iso-8859-7"),
        (JAPANESE, "utf-16-le", "utf-16-le"),
        (JAPANESE.replace("\n", "").replace(" 123 ", ""), "utf-16-be", "utf-16-be"),
    ],
)
def test_a_declaration_that_the_bytes_refute_is_not_believed(
    text: str, encoding: str, declared: str
) -> None:
    assert encodings.decode(text.encode(encoding), declared) == text


def test_a_few_broken_characters_do_not_spoil_a_text_in_utf_8() -> None:
    broken = RUSSIAN.encode().replace("ч".encode(), b"\xd1", 1)

    assert encodings.decode(broken) == RUSSIAN.replace("ч", "\ufffd", 1)
    assert encodings.decode(broken, "utf-8") == RUSSIAN.replace("ч", "\ufffd", 1)


@pytest.mark.parametrize("content", [bytes(range(256)), b"\0\1\2\3" * 99])
def test_binary_content_is_no_text(content: bytes) -> None:
    with pytest.raises(Refusal):
        plain_text.decode(content)


def test_the_colours_of_a_terminal_are_left_out() -> None:
    assert plain_text.decode(b"\x1b[38;2;255;0;0mred\x1b[0m and \x1b[1mbold\x1b[m\n" * 9) == (
        "red and bold\n" * 9
    )


def test_marks_are_composed_and_only_endless_rows_of_them_parted() -> None:
    marks = "\u0316\u0301"

    assert characters.clean("Gru\u0308\u0316ße か\u3099" + RUSSIAN) == "Grü\u0316ße が" + RUSSIAN
    assert characters.clean("x" + marks * 15) == "x" + "\u0316" * 15 + "\u0301" * 15
    assert characters.clean("x" + marks * 45).count("\u034f") == 2
