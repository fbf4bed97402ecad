"""Reading files in a process of their own, with limits of time and memory.

Documents come from anywhere. A file that crashes a parser, or makes it eat memory or time, ends
that process and nothing else; it sees none of the app's settings either.
"""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any

import docflow
from docflow.contracts import PARSER_STARVED
from docflow.errors import NotFoundError, PermanentError, TransientError
from docflow.models import OcrMode, PageText
from docflow.ports import Attachment, FileFacts, FileRefusal, PageForOcr, PageSplit

MAX_ANSWER_BYTES = 256 * 1024 * 1024
"""Largest answer of the parser that is read: more text than that is no document."""
BUSY_SHARE = 0.5
"""Share of its time that a parser computes where the file is to blame; below, the machine is."""
KILLED = 9
"""The signal that ends a process at once; Windows has no name for it."""
PASSED_ON = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "LD_LIBRARY_PATH")
"""What the parser gets of the environment; keys and connection strings stay out."""


class SandboxedFileParser:
    """Reads files of the formats taken, one process per call."""

    def __init__(
        self,
        *,
        timeout_seconds: float,
        memory_mb: int,
        max_pages: int,
        max_pixels: int,
        max_attachments: int = 100,
    ) -> None:
        self._timeout_seconds = timeout_seconds
        self._memory_mb = memory_mb
        self._max_pages = max_pages
        self._max_pixels = max_pixels
        self._max_attachments = max_attachments

    def inspect(self, file: Path) -> FileFacts | FileRefusal:
        """Recognize the format by content and count the pages."""
        answer = self._run("inspect", file)
        if answer is None or "refusal" in answer:
            return self._refusal(answer)
        return FileFacts(answer["content_type"], answer["pages"])

    def split(
        self, file: Path, *, content_type: str, into: Path, mode: OcrMode = OcrMode.AUTO
    ) -> PageSplit | FileRefusal:
        """Read every page's text layer and split off those that go to OCR into a folder."""
        options = ["--content-type", content_type, "--into", str(into), "--ocr-mode", mode.value]
        answer = self._run("split", file, *options)
        if answer is None or "refusal" in answer:
            return self._refusal(answer)
        return PageSplit(
            texts=[PageText.load(text) for text in answer["texts"]],
            ocr=[
                PageForOcr(page["number"], Path(page["file"]), page["reason"])
                for page in answer["ocr"]
            ],
        )

    def render(self, file: Path, *, content_type: str, page: int, max_pixels: int) -> bytes:
        """Render one page as PNG."""
        with tempfile.TemporaryDirectory(prefix="docflow-page-") as folder:
            target = Path(folder, "page.png")
            options = ["--content-type", content_type, "--page", str(page)]
            options += ["--to", str(target), "--to-pixels", str(max_pixels)]
            answer = self._run("render", file, *options)
            if answer is None or "refusal" in answer:
                refusal = self._refusal(answer)
                raise PermanentError(refusal.code, refusal.message)
            if "missing_page" in answer:
                raise NotFoundError(f"There is no picture of page {page}.")
            return target.read_bytes()

    def unpack(self, file: Path, *, into: Path) -> list[Attachment] | FileRefusal:
        """Write the attachments of a mail into a folder."""
        answer = self._run("unpack", file, "--into", str(into))
        if answer is None or "refusal" in answer:
            return self._refusal(answer)
        return [Attachment(part["name"], Path(part["file"])) for part in answer["attachments"]]

    def _refusal(self, answer: dict[str, Any] | None) -> FileRefusal:
        if answer is not None:
            return FileRefusal(**answer["refusal"])
        return FileRefusal(
            "UNREADABLE",
            f"The file could not be read within limits ({self._timeout_seconds:g} s, "
            f"{self._memory_mb:,} MB): save it anew with another program, or print it to PDF.",
        )

    def _run(self, command: str, file: Path, *options: str) -> dict[str, Any] | None:
        """Run the parser; gives None where it crashed, ran out of memory or took too long.

        Raises:
            TransientError: the machine was too busy to say anything about the file.
        """
        arguments = [
            # -P keeps the working folder, which is anybody's, off the module path.
            *(sys.executable, "-P", "-m", "docflow.adapters.parsing", command, str(file)),
            *options,
            *("--max-pages", str(self._max_pages), "--max-pixels", str(self._max_pixels)),
            *("--max-attachments", str(self._max_attachments)),
            *("--memory-mb", str(self._memory_mb)),
            *("--cpu-seconds", str(math.ceil(self._timeout_seconds))),
        ]
        with tempfile.TemporaryFile() as output:
            process = _start(arguments, output)
            try:
                status = process.wait(self._timeout_seconds)
            except subprocess.TimeoutExpired:
                if _end(process) < BUSY_SHARE * self._timeout_seconds:
                    raise _starved() from None
                return None
            finally:
                _end(process)
            if status == -KILLED:  # by the system, where memory is short; no parser does so itself
                raise _starved()
            return _read_answer(output) if status == 0 else None


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    root = str(Path(docflow.__file__).parents[1])
    return {**kept, "PYTHONPATH": os.pathsep.join([root, *filter(None, sys.path)])}


def _start(arguments: list[str], output: IO[bytes]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 - our own module, no shell
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            start_new_session=True,
        )
    except OSError as error:
        raise _starved() from error


def _end(process: subprocess.Popen[bytes]) -> float:
    """End the process where it still runs; gives the seconds that it computed, if that is known."""
    if process.poll() is not None:
        return math.inf
    if sys.platform == "win32":
        process.kill()
        process.wait()
        return math.inf
    os.killpg(process.pid, signal.SIGKILL)
    # As `wait`, which does not tell what was used.
    _, _, used = os.wait4(process.pid, 0)
    process.returncode = -KILLED
    return used.ru_utime + used.ru_stime


def _starved() -> TransientError:
    return TransientError(
        PARSER_STARVED, "The machine was too busy to read the file; it is tried again."
    )


def _read_answer(output: IO[bytes]) -> dict[str, Any] | None:
    if output.seek(0, os.SEEK_END) > MAX_ANSWER_BYTES:
        return None
    output.seek(0)
    answer: dict[str, Any] = json.load(output)
    return answer
