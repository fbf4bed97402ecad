"""Hostile files at the parser: each is refused or read, within its time and its memory."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from devstack.testing.hostile_files import HOSTILE, Hostile, active, mail_in_mail, odd_text
from docflow.adapters.file_parser import SandboxedFileParser
from docflow.errors import NotFoundError, PermanentError
from docflow.ports import FileFacts, FileRefusal, PageSplit

TIMEOUT_SECONDS = 20
MOST_PIXELS = 1_000_000


@pytest.fixture
def parser(monkeypatch: pytest.MonkeyPatch) -> SandboxedFileParser:
    # Whatever is ended here was made to take long: the machine is never to blame.
    monkeypatch.setattr("docflow.adapters.file_parser.BUSY_SHARE", 0)
    return SandboxedFileParser(
        timeout_seconds=TIMEOUT_SECONDS,
        memory_mb=512,
        max_pages=200,
        max_pixels=MOST_PIXELS,
        max_attachments=20,
    )


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)
def test_a_hostile_file_is_refused_or_read_within_its_limits(
    parser: SandboxedFileParser, tmp_path: Path, hostile: Hostile
) -> None:
    file = tmp_path / "file"
    file.write_bytes(hostile.build())
    started = time.monotonic()

    end = all_that_is_done_with(parser, file, tmp_path)

    assert time.monotonic() - started < 4 * TIMEOUT_SECONDS
    if end is None:
        assert hostile.readable
    else:
        assert end in hostile.codes


def all_that_is_done_with(parser: SandboxedFileParser, file: Path, folder: Path) -> str | None:
    """Take a file through every step of the parser; gives the code of its refusal."""
    facts = parser.inspect(file)
    if isinstance(facts, FileRefusal):
        return facts.code
    split = parser.split(file, content_type=facts.content_type, into=folder)
    if isinstance(split, FileRefusal):
        return split.code
    # A document that is read as a whole has one page here, and more once it was read.
    assert len(split.texts) + len(split.ocr) in {facts.pages, 1}
    assert all(page.file.stat().st_size < 2_000_000 for page in split.ocr if page.file != file)
    return _picture(parser, file, facts) or _unpacked(parser, file, facts, folder)


def _picture(parser: SandboxedFileParser, file: Path, facts: FileFacts) -> str | None:
    try:
        parser.render(file, content_type=facts.content_type, page=1, max_pixels=MOST_PIXELS)
    except NotFoundError:
        return None  # the format has no pictures
    except PermanentError as error:
        return error.code
    return None


def _unpacked(
    parser: SandboxedFileParser, file: Path, facts: FileFacts, folder: Path
) -> str | None:
    if facts.content_type != "message/rfc822":
        return None
    found = parser.unpack(file, into=folder)
    return found.code if isinstance(found, FileRefusal) else None


def text_of(parser: SandboxedFileParser, tmp_path: Path, content: bytes, kind: str) -> str:
    file = tmp_path / "file"
    file.write_bytes(content)
    split = parser.split(file, content_type=kind, into=tmp_path)
    assert isinstance(split, PageSplit)
    return "\n".join(page.text for page in split.texts)


def test_scripts_and_attached_files_of_a_pdf_are_left_alone(
    parser: SandboxedFileParser, tmp_path: Path
) -> None:
    text = text_of(parser, tmp_path, active(), "application/pdf")

    assert text == "The quarterly report shows that revenue grew by four percent."


def test_control_characters_of_a_text_are_gone(parser: SandboxedFileParser, tmp_path: Path) -> None:
    text = text_of(parser, tmp_path, odd_text(), "text/plain")

    assert not {"\x1b", "\x07", "\0"} & set(text)


def test_a_mail_inside_a_mail_is_opened_once(parser: SandboxedFileParser, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(mail_in_mail())

    found = parser.unpack(file, into=tmp_path)

    assert isinstance(found, list)
    assert [each.name for each in found] == ["Tulips.eml"]
