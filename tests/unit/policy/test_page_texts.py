"""A page never gets worse by OCR."""

from __future__ import annotations

import pytest

from docflow.models.pages import PageText
from docflow.models.states import PageMethod
from docflow.policy.page_texts import lines_not_in, unite

LETTER = "Dear customer,\nyour account 4711 is overdue.\nPlease pay within 48 hours."
NOTICE = "FINAL NOTICE\nThe electricity supply will be disconnected."


def ocr(text: str, confidence: float | None = 0.9) -> PageText:
    method = PageMethod.OCR if text else PageMethod.EMPTY
    return PageText(
        number=3,
        method=method,
        text=text,
        confidence=confidence if text else None,
        recognized=True,
        reason="why",
    )


def layer(text: str, method: PageMethod = PageMethod.TEXT_LAYER) -> PageText:
    return PageText(number=3, method=method, text=text, width=595, height=842, unit="point")


@pytest.mark.parametrize(
    "said",
    [
        f"{NOTICE}\n{LETTER}",
        f"{LETTER.replace('account', 'acc0unt').replace('Please pay', 'PIease pay')}\n{NOTICE}",
        LETTER.replace("\n", " ").upper(),
        LETTER.replace("overdue", "over-\ndue"),
    ],
)
def test_ocr_that_found_all_of_the_layer_is_taken_as_it_is(said: str) -> None:
    assert unite(ocr(said), layer(LETTER)) == ocr(said)


@pytest.mark.parametrize(
    "text",
    [
        "电费逾期请付款。",
        "הודעה אחרונה לתשלום",
        "إشعار أخير بالدفع",
        "縦\n書\nき\nの\n文\n章\nで\nす",
    ],
)
@pytest.mark.parametrize(("said", "confidence"), [("", None), ("KAR | ii", 0.3)])
def test_a_layer_that_ocr_did_not_find_is_the_page(
    text: str, said: str, confidence: float | None
) -> None:
    page = unite(ocr(said, confidence), layer(text))

    assert (page.text, page.method, page.confidence) == (text, PageMethod.TEXT_LAYER, None)
    assert (page.number, page.recognized, page.unread) == (3, True, False)
    assert page.reason.startswith("why; OCR found")


def test_what_ocr_read_beside_a_layer_that_it_missed_is_kept() -> None:
    page = unite(ocr(NOTICE), layer("电费逾期请付款。"))

    assert page.text == f"电费逾期请付款。\n{NOTICE}"
    assert page.method == PageMethod.TEXT_LAYER


def test_a_line_that_ocr_missed_is_added_to_its_text() -> None:
    page = unite(ocr(f"{LETTER}\n{NOTICE}"), layer(f"{LETTER}\nReference 2026-0815"))

    assert page.text == f"{LETTER}\n{NOTICE}\nReference 2026-0815"
    assert (page.method, page.confidence) == (PageMethod.OCR, 0.9)
    assert page.reason == "why; with lines that OCR did not find"


def test_comments_are_added_to_what_ocr_read_and_never_replace_it() -> None:
    comments = layer("[Comment by Ann: Pay today]", PageMethod.EMPTY)

    assert unite(ocr(NOTICE), comments).text == f"{NOTICE}\n[Comment by Ann: Pay today]"
    assert unite(ocr("x"), comments).text == "x\n[Comment by Ann: Pay today]"


def test_a_layer_is_kept_where_ocr_failed_and_the_page_is_partly_unread() -> None:
    failed = PageText(number=3, method=PageMethod.FAILED, error="OCR_UNAVAILABLE: down")

    page = unite(failed, layer(LETTER))

    assert (page.method, page.text, page.unread) == (PageMethod.TEXT_LAYER, LETTER, True)
    assert page.error == "OCR_UNAVAILABLE: down"


def test_comments_alone_do_not_make_a_failed_page_a_read_one() -> None:
    failed = PageText(number=3, method=PageMethod.FAILED, error="OCR_UNAVAILABLE: down")

    page = unite(failed, layer("[Comment: Pay today]", PageMethod.EMPTY))

    assert (page.method, page.text) == (PageMethod.FAILED, "[Comment: Pay today]")
    assert unite(failed, None) == failed


def test_lines_in_another_order_of_writing_are_the_same() -> None:
    assert lines_not_in("הודעה אחרונה", "הודעה אחרונה"[::-1]) == []
    assert lines_not_in("-----\n\n* * *", "") == []
