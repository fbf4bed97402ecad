"""Reading files in a process of their own, with limits of time and memory.

Documents come from anywhere. A file that crashes a parser, or makes it eat memory or time, ends
that process and nothing else; it sees none of the app's settings either.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from math import ceil
from pathlib import Path
from typing import IO, Any

import docflow
from docflow.errors import NotFoundError, PermanentError
from docflow.models import OcrMode, PageText
from docflow.ports import FileFacts, FileRefusal, PageForOcr, PageSplit

MAX_ANSWER_BYTES = 256 * 1024 * 1024
"""Largest answer of the parser that is read: more text than that is no document."""
PASSED_ON = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "LD_LIBRARY_PATH")
"""What the parser gets of the environment; keys and connection strings stay out."""


class SandboxedFileParser:
    """Reads PDF, TIFF, PNG, JPEG, BMP, plain text and Markdown, one process per call."""

    def __init__(
        self, *, timeout_seconds: float, memory_mb: int, max_pages: int, max_pixels: int
    ) -> None:
        self._timeout_seconds = timeout_seconds
        self._memory_mb = memory_mb
        self._max_pages = max_pages
        self._max_pixels = max_pixels

    def inspect(self, file: Path) -> FileFacts | FileRefusal:
        """Recognize the format by content and count the pages."""
        answer = self._run("inspect", file)
        if answer is None:
            return self._unreadable()
        if "refusal" in answer:
            return FileRefusal(**answer["refusal"])
        return FileFacts(answer["content_type"], answer["pages"])

    def split(
        self, file: Path, *, content_type: str, into: Path, mode: OcrMode = OcrMode.AUTO
    ) -> PageSplit:
        """Read every page's text layer and split off those that go to OCR into a folder."""
        options = ["--content-type", content_type, "--into", str(into), "--ocr-mode", mode.value]
        answer = self._require(self._run("split", file, *options))
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
            if "missing_page" in self._require(answer):
                raise NotFoundError(f"The document has no page {page}.")
            return target.read_bytes()

    def _require(self, answer: dict[str, Any] | None) -> dict[str, Any]:
        if answer is None:
            refusal = self._unreadable()
        elif "refusal" in answer:
            refusal = FileRefusal(**answer["refusal"])
        else:
            return answer
        raise PermanentError(refusal.code, refusal.message)

    def _unreadable(self) -> FileRefusal:
        return FileRefusal(
            "UNREADABLE",
            f"The file could not be read within limits ({self._timeout_seconds:g} s, "
            f"{self._memory_mb:,} MB): save it anew with another program, or print it to PDF.",
        )

    def _run(self, command: str, file: Path, *options: str) -> dict[str, Any] | None:
        """Run the parser; gives None where it crashed, ran out of memory or took too long."""
        arguments = [
            # -P keeps the working folder, which is anybody's, off the module path.
            *(sys.executable, "-P", "-m", "docflow.adapters.parsing", command, str(file)),
            *options,
            *("--max-pages", str(self._max_pages), "--max-pixels", str(self._max_pixels)),
            *("--memory-mb", str(self._memory_mb)),
            *("--cpu-seconds", str(ceil(self._timeout_seconds))),
        ]
        with tempfile.TemporaryFile() as output:
            process = subprocess.Popen(  # noqa: S603 - our own module, no shell
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.DEVNULL,
                env=_environment(),
                start_new_session=True,
            )
            try:
                status = process.wait(self._timeout_seconds)
            except subprocess.TimeoutExpired:
                return None
            finally:
                _end(process)
            return _read_answer(output) if status == 0 else None


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    root = str(Path(docflow.__file__).parents[1])
    return {**kept, "PYTHONPATH": os.pathsep.join([root, *filter(None, sys.path)])}


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process, and what it may have started, where it still runs."""
    if process.poll() is not None:
        return
    if sys.platform == "win32":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _read_answer(output: IO[bytes]) -> dict[str, Any] | None:
    if output.seek(0, os.SEEK_END) > MAX_ANSWER_BYTES:
        return None
    output.seek(0)
    answer: dict[str, Any] = json.load(output)
    return answer
