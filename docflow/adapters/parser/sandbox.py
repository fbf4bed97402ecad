"""Reads each file in a child process with a time limit and a memory limit.

Documents come from unknown senders. A file that crashes the parser, or uses up its memory or time,
ends that process only. The process has none of the app's settings either. Where one page does so
while a file is split, another process continues after it: that page is lost, the others are read.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from docflow.adapters.disk import require_room
from docflow.adapters.parser.memory import parsers_that_fit
from docflow.adapters.parser.process import Lines, ParserProcesses
from docflow.adapters.parser.slots import ParserSlots
from docflow.errors import ErrorCode, NotFoundError, PermanentError
from docflow.models.pages import Extent, PageText
from docflow.models.states import OcrMode, PageMethod
from docflow.ports import AttachedFile, FileFacts, FileRefusal, PageForOcr, PageSplit

ROOM_FOR_PAGES = 2
"""Room that the pages of a file take on disk, in times its size: as files, and in the one file that
is stored."""
MOST_LOST_PAGES = 3
"""Most pages of a file that may be lost; a file that loses more counts as unreadable."""
PAGE_SHARE = 1 / 3
"""Share of the remaining time that one page may compute; three such pages leave 30 %."""
ANSWER_SHARE = 1 / 8
"""Largest answer of the parser, as a share of its memory limit: in memory, a text takes several
times its size."""


class SandboxedFileParser:
    """Reads files of the formats taken, one process per call.

    With `keep_one_waiting`, a process waits for the next call with its libraries loaded. At most
    `at_once` calls have a process, with 0 as many as the memory of the machine holds; the others
    wait for them.
    """

    def __init__(
        self,
        *,
        timeout_seconds: float,
        memory_mb: int,
        max_pages: int,
        max_pixels: int,
        max_attachments: int = 100,
        max_mail_depth: int = 3,
        keep_one_waiting: bool = False,
        at_once: int = 0,
    ) -> None:
        self._processes = ParserProcesses(keep_one_waiting=keep_one_waiting)
        self._timeout_seconds = timeout_seconds
        self._memory_mb = memory_mb
        self._max_pages = max_pages
        self._max_pixels = max_pixels
        self._max_attachments = max_attachments
        self._max_mail_depth = max_mail_depth
        self._slots = ParserSlots(
            at_once or parsers_that_fit(memory_mb), wait_seconds=timeout_seconds
        )

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

        A page that ends its process is lost, and another process continues after it. A file with
        more than a few such pages, or with no other pages, is unreadable.
        """
        require_room(file.parent, ROOM_FOR_PAGES * _bytes(file))
        options = ["--content-type", content_type, "--into", str(into), "--ocr-mode", mode.value]
        with self._slots.taken():
            found = self._split(file, options)
        if isinstance(found, PageSplit) and any(page.error for page in found.texts):
            require_room(file.parent)
        return found

    def _split(self, file: Path, options: Sequence[str]) -> PageSplit | FileRefusal:
        until = time.monotonic() + self._timeout_seconds
        found = PageSplit()
        pages_from = 1
        for lost in range(1 + MOST_LOST_PAGES):
            answer = self._run(
                "split",
                file,
                [*options, "--pages-from", str(pages_from), "--page-share", str(PAGE_SHARE)],
                seconds=until - time.monotonic(),
            )
            _gather(answer, found)
            end = answer[-1] if answer else {}
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

    def unpack(self, file: Path, *, into: Path) -> list[AttachedFile] | FileRefusal:
        """Write the attachments of a mail into a folder."""
        require_room(file.parent, _bytes(file))
        end = self._ask("unpack", file, "--into", str(into))
        if "done" not in end:
            return self._refusal(end)
        return [
            AttachedFile(part["name"], Path(part["file"]), tuple(part["within"]), part["left_out"])
            for part in end["done"]["attachments"]
        ]

    def _refusal(self, end: dict[str, Any]) -> FileRefusal:
        if "refusal" in end:
            refusal = end["refusal"]
            return FileRefusal(**{**refusal, "code": ErrorCode[refusal["code"]]})
        return FileRefusal(
            ErrorCode.UNREADABLE,
            f"The file could not be read within limits ({self._timeout_seconds:g} s, "
            f"{self._memory_mb:,} MB): save it again with another program, or print it to PDF.",
        )

    def _ask(self, command: str, file: Path, *options: str) -> dict[str, Any]:
        """Run the parser for a command with one result; return an empty one after a crash."""
        with self._slots.taken():
            answer = self._run(command, file, options, seconds=self._timeout_seconds)
        return answer[-1] if answer else {}

    def _run(self, command: str, file: Path, options: Iterable[str], *, seconds: float) -> Lines:
        """Run the parser; return the lines of its answer (see `ParserProcess.lines`).

        Raises:
            DiskShortError: it did not succeed, and the disk is full.
        """
        arguments = [
            *(command, str(file), *options),
            *("--max-pages", str(self._max_pages), "--max-pixels", str(self._max_pixels)),
            *("--max-attachments", str(self._max_attachments)),
            *("--max-mail-depth", str(self._max_mail_depth)),
            *("--memory-mb", str(self._memory_mb), "--seconds", str(seconds)),
        ]
        most_bytes = int(ANSWER_SHARE * self._memory_mb * 1024 * 1024)
        answer = self._processes.start(arguments).lines(seconds=seconds, most_bytes=most_bytes)
        if not answer or "done" not in answer[-1]:
            require_room(file.parent)
        return answer


def _gather(answer: Iterable[dict[str, Any]], found: PageSplit) -> None:
    for line in answer:
        if "text" in line:
            found.texts.append(PageText.load(line["text"]))
        elif "ocr" in line:
            page = line["ocr"]
            layer = (
                PageText.load({**page["layer"], "method": "text-layer"}) if page["layer"] else None
            )
            extent = Extent.load(page["extent"])
            file = Path(page["file"])
            found.ocr.append(PageForOcr(page["number"], file, page["reason"], layer, extent))


def _bytes(file: Path) -> int:
    """Return the size of a file; one that is gone is for the parser to tell."""
    return file.stat().st_size if file.exists() else 0


def _lost_page(number: int) -> PageText:
    return PageText(
        number=number,
        method=PageMethod.FAILED,
        reason="page could not be read within limits",
        error=f"{ErrorCode.PAGE_UNREADABLE}: the parser crashed on it, or ran out of time or "
        "memory; look at the original",
    )
