from __future__ import annotations

from pathlib import Path

import pytest

from docflow.contracts import Activity
from docflow.errors import DiskShortError, ErrorCode, PermanentError, TransientError
from docflow.ports import FileFacts, FileRefusal
from docflow.work.parse_attempts import MOST_TRIES, parse_or_defer
from testkit.examples import work_of
from testkit.fakes import FakeFileParser, failing, fake_clients

STARVED = TransientError(ErrorCode.PARSER_STARVED, "Busy.")
STEP = Activity.INSPECT_DOCUMENT


def test_a_starved_parser_is_given_more_chances_and_then_its_file_is_refused(
    tmp_path: Path,
) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x")
    work = work_of(fake_clients())
    parser = failing(FakeFileParser(), "inspect", STARVED, forever=True)
    for _ in range(MOST_TRIES - 1):
        with pytest.raises(TransientError, match="PARSER_STARVED"):
            parse_or_defer(work, STEP, lambda: parser.inspect(file))

    refusal = parse_or_defer(work, STEP, lambda: parser.inspect(file))

    assert isinstance(refusal, FileRefusal)
    assert refusal.code == "UNREADABLE"


def test_a_chance_that_was_taken_counts(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x")
    work = work_of(fake_clients())
    parser = failing(FakeFileParser(), "inspect", STARVED)
    with pytest.raises(TransientError):
        parse_or_defer(work, STEP, lambda: parser.inspect(file))

    assert parse_or_defer(work, STEP, lambda: parser.inspect(file)) == FileFacts(
        "application/pdf", 1
    )


@pytest.mark.parametrize(
    "error",
    [
        TransientError(ErrorCode.STORAGE_UNAVAILABLE, "Away."),
        TransientError(ErrorCode.PARSERS_BUSY, "All are busy."),
        DiskShortError(),
        PermanentError(ErrorCode.STORAGE_REJECTED, "No."),
    ],
    ids=str,
)
def test_other_failures_are_none_of_its_business(error: Exception) -> None:
    def fail() -> FileFacts:
        raise error

    work = work_of(fake_clients())
    for _ in range(MOST_TRIES + 1):
        with pytest.raises(type(error)):
            parse_or_defer(work, STEP, fail)
