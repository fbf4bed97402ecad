"""The file parser without child processes: what it reads is the same, and each file takes less."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from docflow.adapters.parser.process import Lines
from docflow.adapters.parser.sandbox import SandboxedFileParser
from docflow.models.states import OcrMode
from docflow.parser.__main__ import main
from docflow.ports import PageSplit


class CommandHere:
    """Carries out one command of the parser in the test's own process.

    It has no limits of time and memory, and an error of the parser fails the test: where a test is
    about either, it needs a real process.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        self._arguments = arguments

    def lines(self, *, seconds: float, most_bytes: int) -> Lines:
        """Return what the parser wrote to its standard output."""
        with tempfile.TemporaryFile() as output, pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["docflow.parser", *self._arguments])
            patch.setattr("signal.setitimer", lambda *_: None, raising=False)
            if sys.platform != "win32":
                patch.setattr("resource.setrlimit", lambda *_: None)
            kept = os.dup(1)
            os.dup2(output.fileno(), 1)
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # as in the parser's process: nobody reads them
                    main()
            finally:
                os.dup2(kept, 1)
                os.close(kept)
            output.seek(0)
            return [json.loads(line) for line in output]


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every parser of the test carry out its commands in this process."""
    monkeypatch.setattr("docflow.adapters.parser.process.ParserProcess", CommandHere)


@pytest.fixture
def parser(in_this_process: None) -> SandboxedFileParser:
    """Return the parser as the app uses it, but for its process."""
    return SandboxedFileParser(
        timeout_seconds=30, memory_mb=1_024, max_pages=50, max_pixels=1_000_000, max_attachments=3
    )


@pytest.fixture
def split_of(parser: SandboxedFileParser) -> Callable[..., PageSplit]:
    """Return a function that splits a file that has to be readable, into its own folder."""

    def split(
        file: Path, content_type: str, *, into: Path | None = None, mode: OcrMode = OcrMode.AUTO
    ) -> PageSplit:
        found = parser.split(file, content_type=content_type, into=into or file.parent, mode=mode)
        assert isinstance(found, PageSplit)
        return found

    return split


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file whose name says nothing of what is in it."""
    return tmp_path / "upload.bin"
