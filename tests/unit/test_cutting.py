from __future__ import annotations

from docflow.models.pages import PageText
from docflow.models.states import PageMethod
from docflow.policy.page_breaks import CHARACTERS_PER_PAGE, cut


def whole(text: str) -> PageText:
    return PageText(
        number=1, method=PageMethod.OCR, text=text, confidence=1, whole=True, recognized=True
    )


def test_a_page_is_left_as_it_is() -> None:
    page = PageText(number=7, method=PageMethod.OCR, text="long " * 2_000)

    assert cut(page) == [page]


def test_what_ocr_counted_as_pages_are_pages() -> None:
    pages = cut(whole("one\ftwo\nlines\f\f"))

    assert [(page.number, page.text, page.method) for page in pages] == [
        (1, "one", PageMethod.OCR),
        (2, "two\nlines", PageMethod.OCR),
        (3, "", PageMethod.EMPTY),
        (4, "", PageMethod.EMPTY),
    ]
    assert [page.further_pages for page in pages] == [3, 0, 0, 0]
    assert not any(page.whole for page in pages)


def test_a_long_sheet_becomes_several_pages_and_is_paid_for_once() -> None:
    rows = [f"row {number} " + "x" * 90 for number in range(100)]

    pages = cut(whole("\n".join(rows)))

    assert len(pages) == 3
    assert "\n".join(page.text for page in pages).split("\n") == rows
    assert all(len(page.text) <= CHARACTERS_PER_PAGE for page in pages)
    assert [page.recognized for page in pages] == [True, False, False]


def test_text_without_line_ends_is_cut_between_words_and_else_anywhere() -> None:
    words = cut(whole("word " * 1_000))
    letters = cut(whole("x" * 9_000))

    assert [len(page.text.split()) for page in words] == [800, 200]
    assert [len(page.text) for page in letters] == [4_000, 4_000, 1_000]
