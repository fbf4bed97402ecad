"""Whether an answer of OCR has all pages of a file."""

from __future__ import annotations

import pytest

from docflow.errors import ErrorCode
from docflow.models.pages import Extent, PageText
from docflow.models.states import PageMethod
from docflow.policy.page_counts import count_missing, is_missing, missing_pages


def whole(text: str) -> PageText:
    return PageText(number=1, method=PageMethod.OCR, text=text, whole=True)


@pytest.mark.parametrize(
    ("answer", "extent", "missing"),
    [
        (whole("one\ftwo"), Extent(pages=5), 3),
        (whole("one\ftwo"), Extent(pages=2), 0),
        (whole("one\ftwo\fthree"), Extent(pages=2), 0),
        (whole("\f"), Extent(pages=2), 0),
        (whole("x" * 6_000), Extent(characters=15_000), 3),
        (whole("x" * 6_000), Extent(characters=7_900), 0),
        (whole("x" * 6_000), Extent(characters=8_100), 1),
        (whole("x" * 100), Extent(characters=400), 0),
        (whole("one"), Extent(), 0),
        (PageText(number=1, method=PageMethod.EMPTY), Extent(pages=2), 2),
        (PageText(number=1, method=PageMethod.OCR, text="a page"), Extent(pages=2), 0),
    ],
)
def test_pages_that_an_answer_lacks_are_counted(
    answer: PageText, extent: Extent, missing: int
) -> None:
    assert count_missing(answer, extent) == missing


def test_missing_pages_are_failed_ones_that_name_the_free_tier() -> None:
    first, second = missing_pages(2, 2)

    assert (first.number, second.number) == (3, 4)
    assert first.method is PageMethod.FAILED
    assert is_missing(first)
    assert "free tier" in ErrorCode.OCR_PAGES_MISSING.meaning
    assert "standard tier" in (first.error or "")
    assert not is_missing(PageText(number=1, method=PageMethod.FAILED, error="OCR_TIMEOUT: x"))
