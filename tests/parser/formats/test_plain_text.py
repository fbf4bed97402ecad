"""Plain text: where its pages end, and what is left out of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import process_time

import pytest

from devstack.testing.document_files import SENTENCE
from docflow.adapters.parser.sandbox import SandboxedFileParser
from docflow.models.states import PageMethod
from docflow.parser.formats import plain_text
from docflow.parser.refusals import Refusal
from docflow.ports import FileFacts, FileRefusal, PageSplit


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


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"DIR\r\nC:\\>\x1a", "DIR\nC:\\>"),
        (b"A letter.\r\n\x1a\x1a\x1a\x1a\x1a\x1a", "A letter."),
        (b"A letter.\r\n\x1a\0\0\0\0\0", "A letter."),
        (b"one\x1atwo", "onetwo"),
        ("Zeile 1\x85Zeile 2".encode(), "Zeile 1\nZeile 2"),
        ("one\r\x85two\u2028three\u2029four".encode(), "one\ntwo\nthree\nfour"),
        ("Größe 1\x85Größe 2\x85Größe 3".encode("latin-1"), "Größe 1\nGröße 2\nGröße 3"),
        ("Größe… oder… nicht".encode("cp1252"), "Größe… oder… nicht"),
        (b"Done.\x07", "Done."),
        (b"\x07\x07Done.\x07", "Done."),
        (b"de\x7fleted", "deleted"),
        ("grün\x07 und \x7fgrau".encode("cp1252"), "grün und grau"),
        (b"one\x0btwo\x0cthree", "one\ntwo\fthree"),
        (b"N\x08NA\x08AM\x08ME\x08E\n_\x08x", "NAME\nx"),
        (b"\x1b]0;title\x07$ ls\x1b[0m", "$ ls"),
        (b"\x1b]8;;https://example.com\x1b\\link\x1b]8;;\x1b\\", "link"),
        (b"\x1b(B\x1b=\x1b[?25l\x1b[2J\x1b[1;1Htop\x1b7\x1b8\x1b>", "top"),
    ],
)
def test_control_characters_of_old_and_of_terminals_do_not_make_a_text_binary(
    content: bytes, text: str
) -> None:
    assert plain_text.decode(content).strip() == text


@pytest.mark.parametrize(
    "content",
    [
        b"\1\2\3\4 program",
        b"text\0\0\0",
        b"text with\0a null\x1a",
        b"\x1a\x45\xdf\xa3\x01\0\0\0",
        b"caf\xe9 \x01\x02\x03\x04",
        bytes(range(1, 256)),
    ],
)
def test_binary_content_stays_refused(content: bytes) -> None:
    with pytest.raises(Refusal):
        plain_text.decode(content)


def test_a_file_of_signals_alone_is_empty(parser: SandboxedFileParser, file: Path) -> None:
    file.write_bytes(b"\x07\x07\x7f\x1a")

    refusal = parser.inspect(file)

    assert isinstance(refusal, FileRefusal)
    assert refusal.code == "EMPTY_FILE"


@pytest.mark.parametrize(
    "unit", [b"\x1a", b"\x1b[", b"\x1b]0;", b"a\x08", b"\x1b(", b"\x1a\0", b"\x85"]
)
def test_a_long_file_of_control_characters_takes_time_in_proportion(unit: bytes) -> None:
    def seconds(times: int) -> float:
        start = process_time()
        with suppress(Refusal):
            plain_text.decode(unit * times + b"x")
        return process_time() - start

    short = min(seconds(5_000) for _ in range(3))

    assert seconds(40_000) < 40 * max(short, 0.005)
