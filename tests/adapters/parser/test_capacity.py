"""As many parsers run as the instance has memory for, and a full disk is no fault of a file."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from docflow.adapters.parser import memory
from docflow.adapters.parser.memory import instance_memory_mb, parsers_that_fit
from docflow.adapters.parser.sandbox import SandboxedFileParser
from docflow.errors import DiskShortError, ErrorCode, TransientError
from docflow.ports import FileFacts

MEBIBYTE = 1024 * 1024
LETTER = b"Dear Ms Marchetti, thank you for your letter."


def parser(**options: Any) -> SandboxedFileParser:
    known = {"timeout_seconds": 20, "memory_mb": 1_024, "max_pages": 50, "max_pixels": 1_000_000}
    return SandboxedFileParser(**{**known, **options})


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    file = tmp_path / "letter"
    file.write_bytes(LETTER)
    return file


class Disk:
    """Room on the disk: how much each question finds; the last answer repeats."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *free_mb: int) -> None:
        self._answers = list(free_mb)
        monkeypatch.setattr("docflow.adapters.disk.shutil.disk_usage", self._usage)

    def _usage(self, _folder: Path) -> SimpleNamespace:
        more = len(self._answers) > 1
        free = self._answers.pop(0) if more else self._answers[0]
        return SimpleNamespace(free=free * MEBIBYTE)


class Gauge:
    """Counts how many parsers run at the same time, without running any."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.most = 0
        self.total = 0
        self._now = 0
        self._lock = threading.Lock()
        monkeypatch.setattr(SandboxedFileParser, "_run", self._run)

    def _run(self, *_: object, **__: object) -> list[dict[str, Any]]:
        with self._lock:
            self._now += 1
            self.total += 1
            self.most = max(self.most, self._now)
        time.sleep(0.05)
        with self._lock:
            self._now -= 1
        return [{"done": {"content_type": "text/plain", "pages": 1}}]


@pytest.mark.parametrize("at_once", [1, 3])
def test_more_parsers_than_allowed_never_run_at_once(
    at_once: int, letter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gauge = Gauge(monkeypatch)
    one = parser(at_once=at_once)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: one.inspect(letter), range(8)))

    assert (gauge.most, gauge.total) == (at_once, 8)


def test_a_wait_for_a_parser_ends_as_a_deferral(letter: Path) -> None:
    one = parser(at_once=1, timeout_seconds=0.1)

    with one._slots.taken(), pytest.raises(TransientError, match="PARSERS_BUSY") as caught:
        one.inspect(letter)

    assert caught.value.retry_after_seconds == 30


def test_a_parser_that_fails_gives_its_place_back(
    letter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = parser(at_once=1, timeout_seconds=5)

    def starve(*_: object, **__: object) -> None:
        raise TransientError(ErrorCode.PARSER_STARVED, "Busy.")

    with monkeypatch.context() as patch:
        patch.setattr(one, "_run", starve)
        with pytest.raises(TransientError, match="PARSER_STARVED"):
            one.split(letter, content_type="text/plain", into=tmp_path)
        with pytest.raises(TransientError, match="PARSER_STARVED"):
            one.inspect(letter)

    assert one.inspect(letter) == FileFacts("text/plain", 1)


@pytest.mark.parametrize(
    ("memory_mb", "parsers"),
    [(512, 1), (2_048, 1), (4_096, 1), (8_192, 3), (65_536, 31), (None, 1)],
)
def test_the_default_is_what_the_memory_holds(
    memory_mb: int | None, parsers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "instance_memory_mb", lambda: memory_mb)

    assert parsers_that_fit(2_048) == parsers


@pytest.mark.parametrize(
    ("limit", "known"), [("2147483648\n", 2_048), ("max\n", 16_384), ("", 16_384)]
)
def test_the_limit_of_a_container_counts(
    limit: str, known: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "memory.max"
    file.write_text(limit, "ascii")
    monkeypatch.setattr(memory, "_LIMITS", (tmp_path / "none", file))
    monkeypatch.setattr(memory, "_machine_bytes", lambda: 16_384 * MEBIBYTE)

    assert instance_memory_mb() == known


def test_a_file_whose_pages_find_no_room_is_deferred(
    letter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gauge = Gauge(monkeypatch)
    Disk(monkeypatch, 33)
    letter.write_bytes(bytes(MEBIBYTE))

    with pytest.raises(DiskShortError, match="34,603,008 bytes are free, 2,097,152 "):
        parser().split(letter, content_type="text/plain", into=tmp_path)
    assert gauge.total == 0

    Disk(monkeypatch, 35)
    parser().split(letter, content_type="text/plain", into=tmp_path)
    assert gauge.total == 1


@pytest.mark.parametrize("content", [b"%PDF-1.7 and no more", b"\x00\x01 nothing known"])
def test_a_file_that_meets_a_full_disk_is_not_refused(
    content: bytes, letter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter.write_bytes(content)
    Disk(monkeypatch, 1)
    with pytest.raises(DiskShortError):
        parser().inspect(letter)

    Disk(monkeypatch, 100, 1)
    with pytest.raises(DiskShortError):
        parser().split(letter, content_type="application/pdf", into=tmp_path)


def test_a_file_that_is_read_needs_no_reserve(
    letter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Disk(monkeypatch, 1)

    assert parser().inspect(letter) == FileFacts("text/plain", 1)
