"""Temporary files: in one place, and gone after the next start where a process was killed."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from docflow.adapters import scratch
from docflow.adapters.parser.process import ParserProcess
from docflow.errors import ConfigurationError

# As a step does it, with a file that a library makes.
HOLD_FILES = """
import sys, tempfile
from pathlib import Path
from docflow.clients import current_clients
current_clients()
with tempfile.TemporaryDirectory(prefix="docflow-") as folder:
    (Path(folder) / "source").write_bytes(b"letter")
    with tempfile.NamedTemporaryFile() as spooled:
        spooled.write(b"letter")
        print("holds", flush=True)
        sys.stdin.read()
"""


@contextmanager
def holding_files(place: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a process of the app that holds temporary files until its standard input ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD_FILES],
        env={**os.environ, "TEMPORARY_FOLDER": str(place)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "holds\n"
        try:
            yield process
        finally:
            process.kill()


def files_below(place: Path) -> list[str]:
    """Name all files but the locks."""
    return sorted(p.name for p in place.rglob("*") if p.is_file() and "lock" not in p.name)


def folders_in(place: Path) -> set[Path]:
    return {path for path in place.iterdir() if path.is_dir()}


@pytest.fixture(autouse=True)
def tempdir(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process keep its own folder for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", tempfile.tempdir)


def test_files_of_a_killed_process_are_gone_after_the_next_start(tmp_path: Path) -> None:
    with holding_files(tmp_path) as process:
        process.kill()
    assert "source" in files_below(tmp_path)

    with holding_files(tmp_path):
        assert len(folders_in(tmp_path)) == 1
        assert files_below(tmp_path).count("source") == 1


def test_files_of_a_process_that_runs_stay(tmp_path: Path) -> None:
    with holding_files(tmp_path), holding_files(tmp_path):
        own = scratch.claim(tmp_path)

        assert files_below(tmp_path).count("source") == 2
        assert len(folders_in(tmp_path)) == 3
        assert own in folders_in(tmp_path)


def test_a_process_that_ends_leaves_nothing(tmp_path: Path) -> None:
    with holding_files(tmp_path) as process:
        process.communicate()

    assert process.returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


def test_everything_temporary_of_this_process_is_in_its_folder(tmp_path: Path) -> None:
    own = scratch.claim(tmp_path)

    with tempfile.TemporaryDirectory() as folder, tempfile.NamedTemporaryFile() as file:
        assert Path(folder).parent == own
        assert Path(file.name).parent == own


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_nobody_else_may_read_the_files(tmp_path: Path) -> None:
    own = scratch.claim(tmp_path / "new")

    assert {stat.S_IMODE(path.stat().st_mode) for path in (own, own.parent)} == {0o700}


def test_temporary_files_of_the_parser_are_there_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = scratch.claim(tmp_path)
    show = tmp_path / "show.sh"
    show.write_text('#!/bin/sh\nprintf \'{"TMPDIR": "%s", "TEMP": "%s"}\n\' "$TMPDIR" "$TEMP"\n')
    show.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(show))

    told = ParserProcess([]).lines(seconds=10, most_bytes=1_000)

    assert told == [{"TMPDIR": str(own), "TEMP": str(own)}]


def test_a_place_where_nothing_can_be_written_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()

    with pytest.raises(ConfigurationError, match=f"TEMPORARY_FOLDER: .* {file}"):
        scratch.claim(file)


def test_the_usual_place_is_in_the_temporary_folder_of_the_system(tmp_path: Path) -> None:
    tempfile.tempdir = str(tmp_path)

    assert scratch.place_of(None) == tmp_path / "docflow"
    assert scratch.place_of("/elsewhere") == Path("/elsewhere")
