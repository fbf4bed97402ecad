"""When the text layer of a PDF page is trusted; values only, no PDF."""

from __future__ import annotations

import pytest

from docflow.parser.formats.plain_text import decode
from docflow.parser.requests import ALWAYS, AUTO, NEVER
from docflow.parser.text.layer import Choice, PageLook, Sight, choose, normalize

BARE = PageLook(covered=0, drawn=False)
DRAWN = PageLook(covered=0, drawn=True)
COVERED = PageLook(covered=0.95, drawn=True)


def seeing(look: PageLook, *, unsaid: bool = False) -> Sight:
    return Sight(look=lambda: look, shows_unsaid=lambda: unsaid)


WORDS = "Die Rechnung ist bis Freitag zu bezahlen. "


@pytest.mark.parametrize(
    ("text", "look", "choice"),
    [
        (WORDS * 10, COVERED, Choice("text-layer", "text layer of 420 characters")),
        (WORDS, DRAWN, Choice("text-layer", "text layer of 42 characters")),
        (WORDS, COVERED, Choice("ocr", "picture covers the page")),
        ("Seite 3", BARE, Choice("text-layer", "text layer of 7 characters")),
        ("Seite 3", DRAWN, Choice("ocr", "text layer of 7 characters only")),
        ("", BARE, Choice("empty", "nothing on the page")),
        (" \n\t", BARE, Choice("empty", "nothing on the page")),
        ("", DRAWN, Choice("ocr", "no text layer")),
        ("\ufffd" * 90, BARE, Choice("ocr", "text layer is not readable")),
        ("\ue000\ue001\uf8ff" * 30, BARE, Choice("ocr", "text layer is not readable")),
        ("!\"#$%&'()*+,-./" * 9, BARE, Choice("ocr", "text layer is not readable")),
        ("N O TI C E  O F  H E A RI N G " * 9, BARE, Choice("ocr", "text layer is not readable")),
        ("w\n" * 80, BARE, Choice("text-layer", "text layer of 160 characters")),
        ("天 地 玄 黄 " * 20, BARE, Choice("text-layer", "text layer of 160 characters")),
        (f"{WORDS}{'.' * 300} 7", BARE, Choice("text-layer", "text layer of 344 characters")),
    ],
)
def test_a_text_layer_is_trusted_where_it_says_what_the_page_shows(
    text: str, look: PageLook, choice: Choice
) -> None:
    assert choose(text, seeing(look)) == choice


@pytest.mark.parametrize(
    ("text", "look", "choice"),
    [
        (WORDS * 10, COVERED, Choice("text-layer", "text layer of 420 characters")),
        (
            WORDS,
            COVERED,
            Choice("text-layer", "picture covers the page; OCR_MODE is never", unread=True),
        ),
        ("", DRAWN, Choice("empty", "no text layer; OCR_MODE is never", unread=True)),
        (
            "\ufffd" * 90,
            BARE,
            Choice("empty", "text layer is not readable; OCR_MODE is never", unread=True),
        ),
        ("", BARE, Choice("empty", "nothing on the page")),
    ],
)
def test_without_ocr_the_text_there_is_is_taken_and_the_rest_named(
    text: str, look: PageLook, choice: Choice
) -> None:
    assert choose(text, seeing(look), NEVER) == choice


@pytest.mark.parametrize(
    ("text", "look", "method"),
    [
        (WORDS * 10, BARE, "ocr"),
        ("7", BARE, "ocr"),
        ("", DRAWN, "ocr"),
        (" \n", BARE, "empty"),
    ],
)
def test_every_page_with_anything_on_it_goes_to_ocr_where_that_is_wanted(
    text: str, look: PageLook, method: str
) -> None:
    assert choose(text, seeing(look), ALWAYS).method == method


@pytest.mark.parametrize(
    "line",
    [
        "12,50 3.400,00 -7,5 %",
        "見積書の有効期限は三十日です。",
        "срок оплаты истекает завтра",
        "تاريخ استحقاق الفاتورة غدا",
        "ใบแจ้งหนี้ครบกำหนดชำระพรุ่งนี้",
    ],
)
def test_figures_and_any_script_make_a_text_layer(line: str) -> None:
    assert choose(f"{line}\n" * 20, seeing(COVERED)).method == "text-layer"


def test_characters_that_a_font_does_not_name_are_judged_by_themselves() -> None:
    wrong = choose(WORDS * 9, seeing(BARE), AUTO, "7KH")

    assert choose(WORDS * 9, seeing(BARE), AUTO, WORDS).method == "text-layer"
    assert wrong == Choice("ocr", "text layer is not readable")
    assert choose(WORDS, seeing(BARE), NEVER, "7KH").method == "empty"


def test_a_page_full_of_words_is_not_looked_at() -> None:
    def look() -> PageLook:
        raise AssertionError("looked")

    sight = Sight(look=look, shows_unsaid=lambda: False)

    assert choose(WORDS * 10, sight).method == "text-layer"


def test_a_picture_that_shows_more_than_the_text_says_goes_to_ocr() -> None:
    choice = choose(WORDS * 10, seeing(COVERED, unsaid=True))

    assert choice == Choice("ocr", "page shows more than its text layer says")
    assert choose(WORDS * 10, seeing(COVERED, unsaid=True), NEVER) == Choice(
        "text-layer", f"{choice.reason}; OCR_MODE is never", unread=True
    )


LETTER = """
    Dear tenant, after three reminders we have still not received the rent for March and April.
    Please transfer the full amount to the account below by the end of next week, or telephone
    our office so that we can agree on a plan of payments that suits both of us. Without your
    answer the matter goes to our lawyers, which would cause considerable further costs for you.
    The heating in the cellar was repaired on Monday and the meters will be read on Thursday.
"""


@pytest.mark.parametrize(
    "alphabet",
    [
        "bcdefghijklmnopqrstuvwxyza",
        "zabcdefghijklmnopqrstuvwxy",
        "qwertyuiopasdfghjklzxcvbnm",
        "8vsR]2/@.0zfQhd5'W*Dk%x\"q:",
    ],
)
def test_letters_that_a_font_exchanges_are_no_text(alphabet: str) -> None:
    exchanged = LETTER.lower().translate(str.maketrans("abcdefghijklmnopqrstuvwxyz", alphabet))

    assert choose(LETTER, seeing(BARE)).method == "text-layer"
    assert choose(exchanged, seeing(BARE)) == Choice("ocr", "text layer is not readable")


@pytest.mark.parametrize(
    ("extracted", "stored"),
    [
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("Gru\u0308\u00dfe", "Grüße"),
        ("Zahlungs\x02\r\nfrist", "Zahlungs-\nfrist"),
        ("Zahlungs\ufffe\r\nfrist", "Zahlungs-\nfrist"),
        ("a\x00b\x1fc\x7f\x85", "abc"),
        ("tabs\tstay  ", "tabs\tstay"),
        ("\n\n  indented\n\n", "  indented"),
    ],
)
def test_extracted_text_is_brought_into_one_form(extracted: str, stored: str) -> None:
    assert normalize(extracted) == stored


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_text_of_unknown_encoding_is_decoded(encoding: str) -> None:
    text = "Grüße – 50 €"  # noqa: RUF001 - a dash that Windows-1252 has and Latin-1 has not

    assert decode(text.encode(encoding)) == text
