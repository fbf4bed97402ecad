"""Reading files in a process of their own, with limits of time and memory.

Documents come from anywhere. A file that crashes a parser, or makes it eat memory or time, ends
that process and nothing else; it sees none of the app's settings either. Where one page does so
while a file is split, the next process goes on behind it: that page is lost, and the others are
read.
"""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

import docflow
from docflow.contracts import PARSER_STARVED
from docflow.errors import NotFoundError, PermanentError, TransientError
from docflow.models import OcrMode, PageMethod, PageText
from docflow.ports import Attachment, FileFacts, FileRefusal, PageForOcr, PageSplit

MOST_LOST_PAGES = 3
"""Pages of a file that may be lost; a file that loses more was made to hurt, or is past reading."""
PAGE_SHARE = 1 / 3
"""Share of the time that is left which one page may compute; three leave 30 % for the others."""
PAGE_UNREADABLE = "PAGE_UNREADABLE"
ANSWER_SHARE = 1 / 8
"""Largest answer of the parser, as a share of its memory: once read, text takes several times its
size."""
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
        end = self._ask("inspect", file)
        if "done" not in end:
            return self._refusal(end)
        return FileFacts(end["done"]["content_type"], end["done"]["pages"])

    def split(
        self, file: Path, *, content_type: str, into: Path, mode: OcrMode = OcrMode.AUTO
    ) -> PageSplit | FileRefusal:
        """Read every page's text layer and split off those that go to OCR into a folder.

        A page that ends its process fails, and the next process goes on behind it. A file with more
        than a few such pages, or with no other, is unreadable.
        """
        options = ["--content-type", content_type, "--into", str(into), "--ocr-mode", mode.value]
        until = time.monotonic() + self._timeout_seconds
        found = PageSplit()
        pages_from = 1
        for lost in range(1 + MOST_LOST_PAGES):
            said = self._run(
                "split",
                file,
                [*options, "--pages-from", str(pages_from), "--page-share", str(PAGE_SHARE)],
                seconds=until - time.monotonic(),
            )
            _gather(said, found)
            end = said[-1] if said else {}
            read = len(found.texts) + len(found.ocr) - lost
            if "done" in end and read:
                return found
            if "reading" not in end:
                return self._refusal(end)
            found.texts.append(_lost_page(end["reading"]))
            pages_from = end["reading"] + 1
        return self._refusal({})

    def render(self, file: Path, *, content_type: str, page: int, max_pixels: int) -> bytes:
        """Render one page as PNG."""
        with tempfile.TemporaryDirectory(prefix="docflow-page-") as folder:
            target = Path(folder, "page.png")
            options = ["--content-type", content_type, "--page", str(page)]
            options += ["--to", str(target), "--to-pixels", str(max_pixels)]
            end = self._ask("render", file, *options)
            if "missing_page" in end:
                raise NotFoundError(f"There is no picture of page {page}.")
            if "done" not in end:
                refusal = self._refusal(end)
                raise PermanentError(refusal.code, refusal.message)
            return target.read_bytes()

    def unpack(self, file: Path, *, into: Path) -> list[Attachment] | FileRefusal:
        """Write the attachments of a mail into a folder."""
        end = self._ask("unpack", file, "--into", str(into))
        if "done" not in end:
            return self._refusal(end)
        return [Attachment(part["name"], Path(part["file"])) for part in end["done"]["attachments"]]

    def _refusal(self, end: dict[str, Any]) -> FileRefusal:
        if "refusal" in end:
            return FileRefusal(**end["refusal"])
        return FileRefusal(
            "UNREADABLE",
            f"The file could not be read within limits ({self._timeout_seconds:g} s, "
            f"{self._memory_mb:,} MB): save it anew with another program, or print it to PDF.",
        )

    def _ask(self, command: str, file: Path, *options: str) -> dict[str, Any]:
        """Run the parser for what has one answer; gives nothing where there is none."""
        said = self._run(command, file, options, seconds=self._timeout_seconds)
        return said[-1] if said else {}

    def _run(
        self, command: str, file: Path, options: Iterable[str], *, seconds: float
    ) -> list[dict[str, Any]]:
        """Run the parser; gives the lines it said, up to where it crashed or ran out of memory.

        Nothing it said counts where it took all the time or said too much.

        Raises:
            TransientError: the machine was too busy to say anything about the file.
        """
        arguments = [
            # -P keeps the working folder, which is anybody's, off the module path.
            *(sys.executable, "-P", "-m", "docflow.adapters.parsing", command, str(file)),
            *options,
            *("--max-pages", str(self._max_pages), "--max-pixels", str(self._max_pixels)),
            *("--max-attachments", str(self._max_attachments)),
            *("--memory-mb", str(self._memory_mb), "--seconds", str(seconds)),
        ]
        with tempfile.TemporaryFile() as output:
            process = _start(arguments, output)
            try:
                status = process.wait(seconds)
            except subprocess.TimeoutExpired:
                if _end(process) < BUSY_SHARE * seconds:
                    raise _starved() from None
                return []
            finally:
                _end(process)
            if status == -KILLED:  # by the system, where memory is short; no parser does so itself
                raise _starved()
            return _read_lines(output, int(ANSWER_SHARE * self._memory_mb * 1024 * 1024))


def _gather(said: Iterable[dict[str, Any]], found: PageSplit) -> None:
    for line in said:
        if "text" in line:
            found.texts.append(PageText.load(line["text"]))
        elif "ocr" in line:
            page = line["ocr"]
            found.ocr.append(PageForOcr(page["number"], Path(page["file"]), page["reason"]))


def _lost_page(number: int) -> PageText:
    return PageText(
        number=number,
        method=PageMethod.FAILED,
        reason="page could not be read within limits",
        error=f"{PAGE_UNREADABLE}: the parser crashed on it, or ran out of time or memory; look at "
        "the original",
    )


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


def _read_lines(output: IO[bytes], max_bytes: int) -> list[dict[str, Any]]:
    """Give the lines that were said; the last one may have been cut off by the end."""
    if output.seek(0, os.SEEK_END) > max_bytes:
        return []
    output.seek(0)
    return [json.loads(line) for line in output if line.endswith(b"\n")]
