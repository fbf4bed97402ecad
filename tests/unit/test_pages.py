from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docflow.policy.page_sets import (
    MOST_BRANCHES,
    branch_pages,
    format_pages,
    group_by_size,
    parse_pages,
    split_pages,
)

page_numbers = st.sets(st.integers(min_value=1, max_value=5_000), max_size=60)


@given(page_numbers)
def test_a_page_set_survives_being_written_and_read(numbers: set[int]) -> None:
    assert parse_pages(format_pages(numbers)) == sorted(numbers)


def test_runs_of_pages_are_written_short() -> None:
    assert format_pages([3, 1, 2, 7, 9, 8, 20]) == "1-3,7-9,20"


def test_two_thousand_pages_in_a_row_take_six_characters() -> None:
    assert format_pages(range(1, 2_001)) == "1-2000"


@pytest.mark.parametrize("text", ["0", "5-3", "x", "1-", "-2"])
def test_what_is_no_page_set_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"page set|invalid literal"):
        parse_pages(text)


@given(page_numbers, st.integers(min_value=1, max_value=25))
def test_ranges_hold_every_page_once_and_are_bounded(numbers: set[int], size: int) -> None:
    ranges = split_pages(format_pages(numbers), size)

    assert [n for part in ranges for n in parse_pages(part)] == sorted(numbers)
    assert all(len(parse_pages(part)) <= size for part in ranges)


@pytest.mark.parametrize("count", [1, 10, 11, 200, 201, 2_000, 4_001])
def test_branches_are_few_and_can_be_cut_again_down_to_the_size(count: int) -> None:
    def leaves(text: str) -> list[str]:
        if len(parse_pages(text)) <= 10:
            return [text]
        branches = branch_pages(text, 10)
        assert len(branches) <= MOST_BRANCHES
        return [leaf for branch in branches for leaf in leaves(branch)]

    pages = format_pages(range(1, count + 1))

    assert leaves(pages) == split_pages(pages, 10)


def test_parts_stay_below_the_limit_and_skip_pages_without_text() -> None:
    sizes = [(1, 40), (2, 0), (3, 50), (4, 30), (5, 200), (6, 10)]

    assert group_by_size(sizes, 100) == ["1,3", "4", "5", "6"]


def test_a_document_without_text_has_no_parts() -> None:
    assert group_by_size([(1, 0), (2, 0)], 100) == []
