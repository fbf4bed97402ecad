"""One parser waits for the next file, with its libraries loaded, and harms nobody meanwhile."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from docflow.adapters.parser.process import WAIT, ParserProcess
from docflow.adapters.parser.sandbox import SandboxedFileParser
from docflow.ports import FileFacts

LETTER = "Dear Ms Marchetti, thank you for your letter."
LONGEST_SECONDS = 20


class WatchedProcess(ParserProcess):
    """Notes what each process was started for."""

    started: list[tuple[str, ParserProcess]]

    def __init__(self, arguments: Sequence[str]) -> None:
        super().__init__(arguments)
        self.started.append((arguments[0], self))


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ParserProcess]]:
    WatchedProcess.started = []
    monkeypatch.setattr("docflow.adapters.parser.process.ParserProcess", WatchedProcess)
    return WatchedProcess.started


@pytest.fixture
def parser() -> SandboxedFileParser:
    return SandboxedFileParser(
        timeout_seconds=LONGEST_SECONDS,
        memory_mb=1_024,
        max_pages=50,
        max_pixels=1_000_000,
        keep_one_waiting=True,
    )


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    file = tmp_path / "letter"
    file.write_text(LETTER, encoding="utf-8")
    return file


def test_a_process_waits_for_the_next_file(
    parser: SandboxedFileParser, letter: Path, started: list[tuple[str, ParserProcess]]
) -> None:
    facts = [parser.inspect(letter) for _ in range(3)]

    assert facts == [FileFacts("text/plain", 1)] * 3
    assert [command for command, _ in started] == ["inspect", WAIT, WAIT, WAIT]


def test_each_file_has_a_process_of_its_own(
    parser: SandboxedFileParser, letter: Path, started: list[tuple[str, ParserProcess]]
) -> None:
    parser.inspect(letter)
    parser.inspect(letter)

    assert [process.tell([]) for _, process in started] == [False, False, True]


def test_a_waiting_process_that_died_is_no_loss(
    parser: SandboxedFileParser, letter: Path, started: list[tuple[str, ParserProcess]]
) -> None:
    parser.inspect(letter)
    waiting = started[-1][1]
    waiting.give_up()

    assert parser.inspect(letter) == FileFacts("text/plain", 1)
    assert [command for command, _ in started] == ["inspect", WAIT, "inspect", WAIT]


LATE = """
import sys, time
from docflow.parser.__main__ import main
while time.process_time() < 1.1:
    pass
main()
"""
ENDLESS = """
from docflow.parser import __main__ as command
def recognize(file):
    while True:
        pass
command.recognize = recognize
command.main()
"""
ON_POSIX = pytest.mark.skipif(sys.platform == "win32", reason="computing time is limited on POSIX")


def end_of(program: list[str], file: Path) -> int:
    """Inspect a file with one second of computing time; gives the status of the process."""
    limits = "--max-pages 500 --max-pixels 9 --max-attachments 9 --memory-mb 1024 --seconds 1"
    command = [sys.executable, *program, "inspect", str(file), *limits.split()]
    return subprocess.run(command, check=False, capture_output=True).returncode


@ON_POSIX
def test_what_was_computed_before_the_command_is_not_counted(letter: Path) -> None:
    assert end_of(["-c", LATE], letter) == 0


@ON_POSIX
def test_a_file_that_takes_all_the_time_does_not_end_as_where_memory_is_short(letter: Path) -> None:
    assert end_of(["-c", ENDLESS], letter) == -signal.SIGXCPU


OWNER = """
import sys, time
from pathlib import Path
from docflow.adapters.parser.sandbox import SandboxedFileParser
parser = SandboxedFileParser(
    timeout_seconds=20, memory_mb=1_024, max_pages=9, max_pixels=10**6, keep_one_waiting=True
)
parser.inspect(Path(sys.argv[1]))
print(parser._processes._waiting[0]._process.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="asks for processes as POSIX does")
def test_a_waiting_process_ends_with_its_owner_however_that_ends(letter: Path) -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(letter)], stdout=subprocess.PIPE)
    assert owner.stdout is not None
    waiting = int(owner.stdout.readline())
    owner.send_signal(signal.SIGKILL)
    owner.communicate()

    deadline = time.monotonic() + LONGEST_SECONDS
    while _lives(waiting):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    # Where nobody collects orphans, one that has ended stays as a zombie.
    return not (status.exists() and status.read_text(encoding="ascii").split()[2] == "Z")
