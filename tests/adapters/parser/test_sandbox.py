"""The parser's process: its limits, its crashes, and what is said of a file that caused them."""

from __future__ import annotations

from pathlib import Path

import pytest

from devstack.testing.document_files import SENTENCE, pdf, scan, text
from devstack.testing.hostile_files import flate_bomb
from docflow.adapters.parser.sandbox import SandboxedFileParser
from docflow.errors import ErrorCode, NotFoundError, PermanentError, TransientError
from docflow.models.states import PageMethod
from docflow.ports import FileFacts, FileRefusal, PageSplit
from samples.builders.office import docx

MAIL = (
    b"From: a@example.com\r\nTo: b@example.com\r\nSubject: Tulips\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: application/pdf; name=plan.pdf\r\nContent-Disposition: attachment\r\n\r\n%PDF"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "upload.bin"


@pytest.fixture
def parser() -> SandboxedFileParser:
    return SandboxedFileParser(
        timeout_seconds=30, memory_mb=512, max_pages=50, max_pixels=1_000_000
    )


def test_the_process_inspects_splits_and_renders_a_document(
    parser: SandboxedFileParser, file: Path, tmp_path: Path
) -> None:
    file.write_bytes(pdf(text(1), scan()))

    facts = parser.inspect(file)
    split = parser.split(file, content_type="application/pdf", into=tmp_path)
    picture = parser.render(file, content_type="application/pdf", page=1, max_pixels=1_000)

    assert facts == FileFacts("application/pdf", 2)
    assert isinstance(split, PageSplit)
    assert [page.text for page in split.texts] == [f"1 {SENTENCE}"]
    assert [(page.number, page.file.is_file()) for page in split.ocr] == [(2, True)]
    assert picture.startswith(b"\x89PNG")
    with pytest.raises(NotFoundError):
        parser.render(file, content_type="application/pdf", page=3, max_pixels=1_000)


def test_the_process_unpacks_a_mail(
    parser: SandboxedFileParser, file: Path, tmp_path: Path
) -> None:
    file.write_bytes(MAIL)

    found = parser.unpack(file, into=tmp_path)

    assert isinstance(found, list)
    assert [(each.name, each.file.read_bytes()) for each in found] == [("plan.pdf", b"%PDF")]


def test_the_process_refuses_with_a_reason(parser: SandboxedFileParser, file: Path) -> None:
    file.write_bytes(b"")

    refusal = parser.inspect(file)

    assert isinstance(refusal, FileRefusal)
    assert refusal.code == "EMPTY_FILE"


def test_a_bomb_ends_its_own_process_only(
    parser: SandboxedFileParser, file: Path, tmp_path: Path
) -> None:
    file.write_bytes(flate_bomb())

    refusal = parser.split(file, content_type="application/pdf", into=tmp_path)

    assert isinstance(refusal, FileRefusal)
    assert refusal.code == "UNREADABLE"
    with pytest.raises(PermanentError, match="UNREADABLE"):
        parser.render(file, content_type="application/pdf", page=1, max_pixels=1_000_000)


# Processes that do something else than to parse.


def parser_that(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    does: str,
    seconds: float = 30,
    *,
    begins: bool = True,
) -> SandboxedFileParser:
    """Return a parser whose process does something else than to parse."""
    program = tmp_path / "python"
    begun = "echo '{\"begun\": true}'\n" if begins else ""
    program.write_text(f"#!/bin/sh\n{begun}{does}\n")
    program.chmod(0o755)
    monkeypatch.setattr("docflow.adapters.parser.process.sys.executable", str(program))
    return SandboxedFileParser(
        timeout_seconds=seconds, memory_mb=512, max_pages=50, max_pixels=1_000_000
    )


@pytest.mark.parametrize("does", ["sleep 30", "kill -9 $$"])
def test_a_parser_that_got_no_time_or_memory_says_nothing_about_its_file(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: str
) -> None:
    parser = parser_that(tmp_path, monkeypatch, does, seconds=0.6)
    file.write_bytes(b"text")

    with pytest.raises(TransientError) as caught:
        parser.inspect(file)

    assert caught.value.code == "PARSER_STARVED"


def test_a_parser_that_cannot_even_start_says_nothing_either(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("docflow.adapters.parser.process.sys.executable", str(tmp_path / "none"))
    parser = SandboxedFileParser(timeout_seconds=9, memory_mb=512, max_pages=5, max_pixels=10**6)

    with pytest.raises(TransientError, match="PARSER_STARVED"):
        parser.inspect(file)


def test_a_parser_that_ends_before_it_begins_says_nothing_either(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parser = parser_that(tmp_path, monkeypatch, "exit 1", begins=False)

    with pytest.raises(TransientError, match="PARSER_STARVED"):
        parser.inspect(file)


def test_a_disk_without_a_place_for_the_answer_says_nothing_either(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    parser = SandboxedFileParser(timeout_seconds=9, memory_mb=512, max_pages=5, max_pixels=10**6)

    with pytest.raises(TransientError, match="PARSER_STARVED"):
        parser.inspect(file)


@pytest.mark.parametrize("does", ["kill -ABRT $$", "exit 1"])
def test_a_parser_that_crashes_says_that_its_file_is_unreadable(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: str
) -> None:
    parser = parser_that(tmp_path, monkeypatch, does)
    file.write_bytes(b"text")

    refusal = parser.inspect(file)

    assert isinstance(refusal, FileRefusal)
    assert refusal.code == "UNREADABLE"


def test_a_parser_that_computes_all_the_time_is_ended(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("docflow.adapters.parser.process.BUSY_SHARE", 0.01)
    parser = parser_that(tmp_path, monkeypatch, "while :; do :; done", seconds=0.6)
    file.write_bytes(b"text")

    assert isinstance(parser.inspect(file), FileRefusal)


NOTES = """
echo "$*" | sed 's/.*--pages-from \\([0-9]*\\).*/\\1/' >> "$0.starts"
from=$(tail -n 1 "$0.starts")
reading() { echo "{\\"reading\\": $1}"; }
read_() { reading $1; echo "{\\"text\\": {\\"number\\": $1, \\"method\\": \\"empty\\"}}"; }
done_() { echo '{"done": {}}'; }
"""


def split_by(
    script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[PageSplit | FileRefusal, list[int]]:
    """Split a file by a script; gives what came of it, and the page where each process began."""
    parser = parser_that(tmp_path, monkeypatch, NOTES + script)
    split = parser.split(tmp_path / "file", content_type="application/pdf", into=tmp_path)
    return split, [int(start) for start in (tmp_path / "python.starts").read_text().split()]


def test_a_sound_file_takes_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    split, starts = split_by("read_ 1; read_ 2; done_", tmp_path, monkeypatch)

    assert isinstance(split, PageSplit)
    assert [page.number for page in split.texts] == [1, 2]
    assert starts == [1]


@pytest.mark.parametrize(
    "death", ["kill -SEGV $$", "kill -ABRT $$", "exit 1", "printf '{\"text\": {'; exit 1"]
)
def test_after_a_page_that_ends_the_parser_it_goes_on_with_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, death: str
) -> None:
    script = f"if [ $from = 1 ]; then read_ 1; reading 2; {death}; fi; read_ 3; done_"

    split, starts = split_by(script, tmp_path, monkeypatch)

    assert isinstance(split, PageSplit)
    assert [(page.number, page.method) for page in split.texts] == [
        (1, PageMethod.EMPTY),
        (2, PageMethod.FAILED),
        (3, PageMethod.EMPTY),
    ]
    assert starts == [1, 3]


def test_the_last_page_may_end_the_parser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = "if [ $from = 1 ]; then read_ 1; reading 2; exit 1; fi; done_"

    split, starts = split_by(script, tmp_path, monkeypatch)

    assert isinstance(split, PageSplit)
    assert [page.method for page in split.texts] == [PageMethod.EMPTY, PageMethod.FAILED]
    assert starts == [1, 3]


@pytest.mark.parametrize(
    ("script", "starts"),
    [
        ("exit 1", [1]),
        ("read_ 1; exit 1", [1]),
        ("if [ $from = 1 ]; then read_ 1; reading 2; exit 1; fi; exit 1", [1, 3]),
        ("if [ $from = 1 ]; then read_ 1; fi; reading $((from + 1)); exit 1", [1, 3, 5, 7]),
        ("if [ $from = 1 ]; then reading 1; exit 1; fi; done_", [1, 2]),
    ],
    ids=["before pages", "between pages", "in the second process", "too often", "nothing is left"],
)
def test_a_file_is_refused_where_its_pages_are_not_to_blame_or_too_many_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, starts: list[int]
) -> None:
    split, started = split_by(script, tmp_path, monkeypatch)

    assert isinstance(split, FileRefusal)
    assert split.code == "UNREADABLE"
    assert started == starts


def test_what_a_later_process_finds_wrong_counts_for_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = '{"refusal": {"code": "DAMAGED", "message": "Torn."}}'
    script = f"if [ $from = 1 ]; then reading 1; exit 1; fi; read_ 2; echo '{refusal}'"

    split, _ = split_by(script, tmp_path, monkeypatch)

    assert split == FileRefusal(ErrorCode.DAMAGED, "Torn.")


def test_the_processes_share_the_time_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = "reading $from; sleep 1.4; exit 1"
    parser = parser_that(tmp_path, monkeypatch, NOTES + script, seconds=2.5)

    with pytest.raises(TransientError, match="PARSER_STARVED"):
        parser.split(tmp_path / "file", content_type="application/pdf", into=tmp_path)

    assert (tmp_path / "python.starts").read_text().split() == ["1", "2"]


def test_an_answer_without_end_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docflow.adapters.parser.sandbox.ANSWER_SHARE", 1e-7)  # 53 bytes

    split, _ = split_by("read_ 1; read_ 2; done_", tmp_path, monkeypatch)

    assert isinstance(split, FileRefusal)


def test_what_a_document_may_unpack_to_follows_from_the_memory(file: Path) -> None:
    file.write_bytes(docx([" " * 100_000_000]))
    parsers = [
        SandboxedFileParser(timeout_seconds=30, memory_mb=mb, max_pages=99_999, max_pixels=1)
        for mb in (160, 320)
    ]

    small, large = (parser.inspect(file) for parser in parsers)

    assert isinstance(small, FileRefusal)
    assert "80 MB" in small.message
    assert isinstance(large, FileFacts)


def test_the_parser_sees_none_of_the_settings(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_OPENAI_KEY", "secret")
    parser = parser_that(tmp_path, monkeypatch, 'env > "$0.environment"')

    parser.inspect(file)

    seen = (tmp_path / "python.environment").read_text()
    assert "secret" not in seen
    assert "PYTHONPATH=" in seen
