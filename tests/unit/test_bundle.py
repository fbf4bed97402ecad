"""Pages in one file: each is found by its number, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docflow.work.page_file import entry_of, read_entry, write_bundle


def bundle(folder: Path, pages: dict[int, bytes]) -> bytes:
    files = {}
    for number, content in pages.items():
        files[number] = folder / f"page-{number}"
        files[number].write_bytes(content)
    write_bundle(files, folder / "bundle")
    return (folder / "bundle").read_bytes()


def page_of(content: bytes, number: int) -> bytes | None:
    offset, length = entry_of(number)
    place = read_entry(content[offset : offset + length])
    if place is None:
        return None
    return content[place[0] : sum(place)]


@given(st.dictionaries(st.integers(1, 60), st.binary(min_size=1, max_size=40), min_size=1))
def test_each_page_is_found_and_no_other(
    tmp_path_factory: pytest.TempPathFactory, pages: dict[int, bytes]
) -> None:
    content = bundle(tmp_path_factory.mktemp("pages"), pages)

    found = {number: page_of(content, number) for number in range(1, max(pages) + 1)}
    assert found == {number: pages.get(number) for number in found}


def test_the_same_pages_give_the_same_bytes_in_whatever_order(tmp_path: Path) -> None:
    pages = {3: b"three", 1: b"one"}

    assert bundle(tmp_path, pages) == bundle(tmp_path, dict(reversed(pages.items())))


@pytest.mark.parametrize("content", [b"", b"cut off"])
def test_an_entry_that_is_cut_off_is_none(content: bytes) -> None:
    assert read_entry(content) is None


def test_a_bundle_is_a_table_and_the_pages(tmp_path: Path) -> None:
    content = bundle(tmp_path, {2: b"second page"})

    assert content == bytes(16) + (32).to_bytes(8) + (11).to_bytes(8) + b"second page"
