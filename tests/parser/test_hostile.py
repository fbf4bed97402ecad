"""Hostile files at the parser: each is refused or read, within its time and its memory."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest
from PIL import Image

from devstack.testing.hostile_files import (
    HOSTILE,
    Build,
    Hostile,
    active,
    bound,
    double_flate_bomb,
    drawing,
    endless_pattern,
    form_explosion,
    letter,
    mail_in_mail,
    odd_text,
    shared_picture,
)
from docflow.adapters.parser.sandbox import MOST_LOST_PAGES, SandboxedFileParser
from docflow.errors import NotFoundError, PermanentError
from docflow.models.states import PageMethod
from docflow.ports import FileFacts, FileRefusal, PageSplit

TIMEOUT_SECONDS = 20
MOST_PIXELS = 1_000_000


@pytest.fixture
def parser(monkeypatch: pytest.MonkeyPatch) -> SandboxedFileParser:
    """Return the parser in processes of its own, whose limits count here."""
    # Whatever is ended here was made to take long: the machine is never to blame.
    monkeypatch.setattr("docflow.adapters.parser.process.BUSY_SHARE", 0)
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


# One hostile page among sound ones.


def split_of(
    parser: SandboxedFileParser, folder: Path, content: bytes, content_type: str = "application/pdf"
) -> PageSplit | FileRefusal:
    folder.mkdir(exist_ok=True)
    file = folder / "file"
    file.write_bytes(content)
    assert isinstance(parser.inspect(file), FileFacts)
    return parser.split(file, content_type=content_type, into=folder)


@pytest.fixture
def _small_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a page that computes for ever end its process after a second."""
    monkeypatch.setattr("docflow.adapters.parser.sandbox.PAGE_SHARE", 1 / TIMEOUT_SECONDS)


@pytest.mark.parametrize("killer", [form_explosion, double_flate_bomb, endless_pattern])
@pytest.mark.usefixtures("_small_share")
def test_a_page_that_ends_the_parser_costs_that_page_alone(
    parser: SandboxedFileParser, tmp_path: Path, killer: Build
) -> None:
    sound = split_of(parser, tmp_path / "a", bound(letter, drawing, letter, drawing, letter))
    started = time.monotonic()

    split = split_of(parser, tmp_path / "b", bound(letter, drawing, killer, drawing, letter))

    assert time.monotonic() - started < 1.5 * TIMEOUT_SECONDS
    assert isinstance(sound, PageSplit)
    assert isinstance(split, PageSplit)
    first, lost, last = split.texts
    assert [first, last] == [sound.texts[0], sound.texts[2]]
    assert (lost.number, lost.method, lost.text) == (3, PageMethod.FAILED, "")
    assert (lost.error or "").startswith("PAGE_UNREADABLE: ")
    assert [page.number for page in split.ocr] == [2, 4]
    assert [page.file.read_bytes() for page in split.ocr] == [
        page.file.read_bytes() for page in sound.ocr
    ]


@pytest.mark.usefixtures("_small_share")
@pytest.mark.parametrize(("lost", "read"), [(MOST_LOST_PAGES, True), (MOST_LOST_PAGES + 1, False)])
def test_a_few_pages_may_be_lost_and_no_more(
    parser: SandboxedFileParser, tmp_path: Path, lost: int, read: bool
) -> None:
    content = bound(letter, *[form_explosion] * lost, letter)

    split = split_of(parser, tmp_path, content)

    assert isinstance(split, PageSplit if read else FileRefusal)


@pytest.mark.usefixtures("_small_share")
def test_a_file_of_lost_pages_alone_is_refused(parser: SandboxedFileParser, tmp_path: Path) -> None:
    split = split_of(parser, tmp_path, bound(form_explosion, form_explosion))

    assert isinstance(split, FileRefusal)
    assert split.code == "UNREADABLE"


def test_a_picture_too_large_to_convert_costs_that_page_of_a_tiff_alone(tmp_path: Path) -> None:
    parser = SandboxedFileParser(
        timeout_seconds=TIMEOUT_SECONDS, memory_mb=256, max_pages=9, max_pixels=4_000_000
    )
    output = io.BytesIO()
    frames = [Image.new("RGBA", (side, side)) for side in (60, 3_900, 60)]
    frames[0].save(
        output, "TIFF", save_all=True, append_images=frames[1:], compression="tiff_deflate"
    )

    split = split_of(parser, tmp_path, output.getvalue(), "image/tiff")

    assert isinstance(split, PageSplit)
    assert [(page.number, page.method) for page in split.texts] == [(2, PageMethod.FAILED)]
    assert [page.number for page in split.ocr] == [1, 3]


# What is active or odd in a file that is read.


def split_with(memory_mb: int, folder: Path, content: bytes) -> PageSplit | FileRefusal:
    """Split a PDF within the limits of so little memory that no process could start in it."""
    parser = SandboxedFileParser(
        timeout_seconds=TIMEOUT_SECONDS,
        memory_mb=memory_mb,
        max_pages=200,
        max_pixels=MOST_PIXELS,
    )
    file, into = folder / "file", folder / "into"
    file.write_bytes(content)
    into.mkdir()
    return parser.split(file, content_type="application/pdf", into=into)


@pytest.mark.usefixtures("in_this_process")
def test_pages_that_share_a_large_picture_do_not_fill_the_disk(tmp_path: Path) -> None:
    split = split_with(30, tmp_path, shared_picture(pages=12, side=2_000))

    assert isinstance(split, PageSplit)
    files = [page.file for page in split.ocr]
    assert len(files) == 12
    kinds = [file.suffix for file in files]
    assert kinds == sorted(kinds, reverse=True)
    assert set(kinds) == {".pdf", ".jpg"}
    assert sum(file.stat().st_size for file in files) < 30 * 1024**2


@pytest.mark.usefixtures("in_this_process")
def test_pages_that_are_too_large_together_are_refused(tmp_path: Path) -> None:
    split = split_with(1, tmp_path, shared_picture(pages=12, side=400))

    assert isinstance(split, FileRefusal)
    assert split.code == "UNREADABLE"


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


def test_mails_inside_mails_are_opened_to_a_depth(
    parser: SandboxedFileParser, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_bytes(mail_in_mail())

    found = parser.unpack(file, into=tmp_path)

    assert isinstance(found, list)
    assert [(each.name, each.left_out) for each in found] == [
        ("Tulips.eml", 0),
        ("Tulips.eml", 0),
        ("Tulips.eml", 0),
        ("Tulips.eml", 1),
    ]
