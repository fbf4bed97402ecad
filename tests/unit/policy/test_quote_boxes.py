from __future__ import annotations

import pytest

from docflow.models.pages import Word
from docflow.policy.quote_boxes import Box, boxes_of


def word(text: str, left: float, top: float) -> Word:
    right, bottom = left + 10, top + 5
    polygon = [left, top, right, top, right, bottom, left, bottom]
    return Word(text=text, confidence=0.9, polygon=polygon)


PAGE = [
    word("Please", 0, 0),
    word("pay", 20, 0),
    word("80", 40, 0),
    word("euros", 60, 0),
    word("by", 80, 0),
    word("30", 0, 10),
    word("Janu-", 20, 10),
    word("ary.", 0, 20),
]


def found(quote: str) -> list[tuple[float, float]]:
    return [(box.left, box.top) for box in boxes_of(quote, PAGE, width=100, height=50)]


@pytest.mark.parametrize(
    ("quote", "places"),
    [
        ("pay 80 euros", [(0.2, 0), (0.4, 0), (0.6, 0)]),
        ("PAY  80\nEuros,", [(0.2, 0), (0.4, 0), (0.6, 0)]),
        ("by 30 January", [(0.8, 0), (0, 0.2), (0.2, 0.2), (0, 0.4)]),
        ("…80 euros”", [(0.4, 0), (0.6, 0)]),
        ("by 30 Janu-\nary", [(0.8, 0), (0, 0.2), (0.2, 0.2), (0, 0.4)]),
        ("PA\u00adY \uff18\uff10", [(0.2, 0), (0.4, 0)]),
        ("pay 8", []),
        ("pay 90 euros", []),
        ("", []),
        ("...", []),
    ],
)
def test_a_quote_is_found_by_its_words(quote: str, places: list[tuple[float, float]]) -> None:
    assert found(quote) == places


def test_boxes_are_shares_of_the_page_and_stay_on_it() -> None:
    slanted = Word(text="slanted", confidence=1, polygon=[-2, 4, 8, 2, 9, 60, -1, 8])

    assert boxes_of("slanted", [slanted], width=10, height=50) == [Box(0, 0.04, 0.9, 1)]


def test_words_without_a_place_and_pages_without_a_size_have_no_boxes() -> None:
    assert boxes_of("bare", [Word(text="bare", confidence=1)], width=10, height=10) == []
    assert boxes_of("pay", PAGE, width=0, height=0) == []
