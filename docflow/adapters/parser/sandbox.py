"""Reads each file in a child process with a time limit and a memory limit.

Documents come from unknown senders. A file that crashes the parser, or uses up its memory or time,
ends that process only. The process has none of the app's settings either. Where one page does so
while a file is split, another process continues after it: that page is lost, the others are read.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from docflow.adapters.parser.process import Lines, ParserProcesses
from docflow.errors import ErrorCode, NotFoundError, PermanentError
from docflow.models.pages import PageText
from docflow.models.states import OcrMode, PageMethod
from docflow.ports import AttachedFile, FileFacts, FileRefusal, PageForOcr, PageSplit

MOST_LOST_PAGES = 3
"""Most pages of a file that may be lost; a file that loses more counts as unreadable."""
PAGE_SHARE = 1 / 3
"""Share of the remaining time that one page may compute; three such pages leave 30 %."""
ANSWER_SHARE = 1 / 8
"""Largest answer of the parser, as a share of its memory limit: in memory, a text takes several
times its size."""


class SandboxedFileParser:
    """Reads files of the formats taken, one process per call.

    With `keep_one_waiting`, a process waits for the next call with its libraries loaded.
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
    ) -> None:
        self._processes = ParserProcesses(keep_one_waiting=keep_one_waiting)
        self._timeout_seconds = timeout_seconds
        self._memory_mb = memory_mb
        self._max_pages = max_pages
        self._max_pixels = max_pixels
        self._max_attachments = max_attachments
        self._max_mail_depth = max_mail_depth

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
        options = ["--content-type", content_type, "--into", str(into), "--ocr-mode", mode.value]
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
        answer = self._run(command, file, options, seconds=self._timeout_seconds)
        return answer[-1] if answer else {}

    def _run(self, command: str, file: Path, options: Iterable[str], *, seconds: float) -> Lines:
        """Run the parser; return the lines of its answer (see `ParserProcess.lines`)."""
        arguments = [
            *(command, str(file), *options),
            *("--max-pages", str(self._max_pages), "--max-pixels", str(self._max_pixels)),
            *("--max-attachments", str(self._max_attachments)),
            *("--max-mail-depth", str(self._max_mail_depth)),
            *("--memory-mb", str(self._memory_mb), "--seconds", str(seconds)),
        ]
        most_bytes = int(ANSWER_SHARE * self._memory_mb * 1024 * 1024)
        return self._processes.start(arguments).lines(seconds=seconds, most_bytes=most_bytes)


def _gather(answer: Iterable[dict[str, Any]], found: PageSplit) -> None:
    for line in answer:
        if "text" in line:
            found.texts.append(PageText.load(line["text"]))
        elif "ocr" in line:
            page = line["ocr"]
            layer = (
                PageText.load({**page["layer"], "method": "text-layer"}) if page["layer"] else None
            )
            found.ocr.append(PageForOcr(page["number"], Path(page["file"]), page["reason"], layer))


def _lost_page(number: int) -> PageText:
    return PageText(
        number=number,
        method=PageMethod.FAILED,
        reason="page could not be read within limits",
        error=f"{ErrorCode.PAGE_UNREADABLE}: the parser crashed on it, or ran out of time or "
        "memory; look at the original",
    )
