"""Plain text: where its pages end, and what is left out of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from devstack.testing.document_files import SENTENCE
from docflow.adapters.parser.sandbox import SandboxedFileParser
from docflow.models.states import PageMethod
from docflow.ports import FileFacts, PageSplit


def test_plain_text_is_cut_into_pages_at_line_ends(
    parser: SandboxedFileParser, file: Path, split_of: Callable[..., PageSplit]
) -> None:
    lines = [f"Zeile {number}: Grüße" for number in range(1, 131)]
    file.write_bytes("\r\n".join(lines).encode("cp1252"))

    pages = split_of(file, "text/plain").texts

    assert [page.number for page in pages] == [1, 2, 3]
    assert "\n".join(page.text for page in pages) == "\n".join(lines)
    assert parser.inspect(file) == FileFacts("text/plain", 3)


def test_form_feeds_and_long_lines_make_pages_of_text(
    file: Path, split_of: Callable[..., PageSplit]
) -> None:
    file.write_text(f"first\f\f{'word ' * 1_500}\flast\n\f")

    pages = split_of(file, "text/plain").texts

    assert [page.method for page in pages] == [
        PageMethod.TEXT_LAYER,
        PageMethod.EMPTY,
        PageMethod.TEXT_LAYER,
        PageMethod.TEXT_LAYER,
        PageMethod.TEXT_LAYER,
    ]
    assert (pages[0].text, pages[-1].text) == ("first", "last")
    assert all(len(page.text) <= 4_000 for page in pages)
    assert f"{pages[2].text} {pages[3].text}".split() == ["word"] * 1_500


def test_text_is_composed_and_free_of_control_characters(
    file: Path, split_of: Callable[..., PageSplit]
) -> None:
    content = f"Gru\u0308ße\r\nmit\x1b Escape\r{SENTENCE * 3}"
    file.write_bytes(content.encode())

    (page,) = split_of(file, "text/plain").texts

    assert page.text == f"Grüße\nmit Escape\n{SENTENCE * 3}"
