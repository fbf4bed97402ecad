"""The command that the sandbox runs; it answers by lines of JSON on standard output.

The first line tells that it has `begun`: what happens from there on is the file's doing. The last
line tells how it ended: `done` with the answer, `refusal`, or `missing_page`. `split` says before
each page that it is `reading` it, and then what it found there (`text` or `ocr`). Where it dies, it
has told on which page, and the pages before that one need not be read again.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from docflow.parser.findings import (
    ALWAYS,
    AUTO,
    HTML,
    MAIL,
    NEVER,
    OFFICE,
    PDF,
    TEXT,
    WHOLE,
    Limits,
    PageFile,
    PageMissingError,
    Refusal,
    too_large_to_split,
    unread_page,
)
from docflow.parser.registry import recognize


class Answer:
    """Tells line by line how far this process came."""

    def __init__(self, stream: IO[str], asked: argparse.Namespace) -> None:
        self._stream = stream
        self._until = time.monotonic() + asked.seconds
        self._page_share = asked.page_share
        self._pages_from = asked.pages_from

    def begin(self) -> None:
        """Tell at once that from now on the file is read."""
        self.tell(begun=True)
        self._stream.flush()

    def tell(self, **line: Any) -> None:  # noqa: ANN401 - whatever is JSON
        """Write a line; it is out when the next page begins, or at the end."""
        self._stream.write(json.dumps(line) + "\n")

    def in_turn(self, pages: int) -> Iterator[int]:
        """Give the numbers of the pages to read, of so many, telling of each before it is read.

        One of several pages may take a share of the time that is left, as the others need some too.
        """
        for number in range(self._pages_from, pages + 1):
            self.tell(reading=number)
            self._stream.flush()
            if pages > 1:
                _limit_page(self._page_share * (self._until - time.monotonic()))
            yield number


def main() -> None:
    """Limit this process, do what is asked, and answer."""
    asked = _arguments(_command())
    # What was computed while this process waited does not count.
    _limit(asked.memory_mb, math.ceil(time.process_time() + asked.seconds))
    # Libraries may print; the answer alone goes to standard output.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as stream:
        os.dup2(2, 1)
        answer = Answer(stream, asked)
        answer.begin()
        answer.tell(**_end(asked, answer))


def _command() -> list[str]:
    """Give what is asked; where that is to wait, load what most files need, and then read it."""
    if sys.argv[1:] != ["wait"]:
        return sys.argv[1:]
    from docflow.parser.formats import pdf, picture  # noqa: F401 - loaded ahead

    line = sys.stdin.readline()
    if not line:
        sys.exit()  # whoever kept this process waiting is gone
    command: list[str] = json.loads(line)
    return command


def _arguments(command: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m docflow.parser")
    parser.add_argument("command", choices=["inspect", "split", "render", "unpack"])
    parser.add_argument("file", type=Path)
    parser.add_argument("--content-type", default="")
    parser.add_argument("--into", type=Path, help="folder for what is split off or unpacked")
    parser.add_argument("--ocr-mode", choices=[AUTO, ALWAYS, NEVER], default=AUTO)
    parser.add_argument("--pages-from", type=int, default=1, help="first page to split off")
    parser.add_argument("--page-share", type=float, default=1, help="of the time, for one page")
    parser.add_argument("--page", type=int, default=1)
    parser.add_argument("--to", type=Path, help="picture to write")
    parser.add_argument("--to-pixels", type=int, default=1_000_000, help="size of that picture")
    parser.add_argument("--max-pages", type=int, required=True)
    parser.add_argument("--max-pixels", type=int, required=True)
    parser.add_argument("--max-attachments", type=int, required=True)
    parser.add_argument("--memory-mb", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    return parser.parse_args(command)


def _limit(megabytes: int, cpu_seconds: int) -> None:
    """Limit memory and computing time, and write no core dumps: they would hold the document.

    No file that is written may be larger than the memory either.

    The time is watched from outside too; this limit is for a process that outlives its watcher. It
    ends by a signal of its own: SIGKILL, which comes at the hard limit, would tell of a machine
    that is short of memory.
    """
    if sys.platform == "win32":
        return
    import resource

    size = megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (size, size))


def _limit_page(seconds: float) -> None:
    """Let a page compute for so long, or this process ends: what it takes is the page's doing.

    Time in which it does not compute is the machine's doing, and is watched from outside.
    """
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_PROF, max(0.01, seconds))


def _end(asked: argparse.Namespace, answer: Answer) -> dict[str, Any]:
    """Do what is asked; gives the last line."""
    limits = Limits(asked.max_pages, asked.max_pixels, asked.max_attachments, asked.memory_mb)
    try:
        return {"done": _done(asked, limits, answer)}
    except Refusal as refusal:
        return {
            "refusal": {
                "code": refusal.code,
                "message": refusal.message,
                "content_type": refusal.content_type or "application/octet-stream",
            }
        }
    except PageMissingError:
        return {"missing_page": asked.page}


def _done(asked: argparse.Namespace, limits: Limits, answer: Answer) -> dict[str, Any]:
    if asked.command == "inspect":
        return _inspect(asked.file, limits)
    if asked.command == "split":
        return _split(asked, limits, answer)
    if asked.command == "unpack":
        return _unpack(asked.file, asked.into)
    return _render(asked, limits)


def _inspect(file: Path, limits: Limits) -> dict[str, Any]:
    content_type = recognize(file)
    return {
        "content_type": content_type,
        "pages": _count_pages(file, content_type, limits),
    }


def _count_pages(file: Path, content_type: str, limits: Limits) -> int:
    if content_type == PDF:
        from docflow.parser.formats import pdf

        return pdf.count_pages(file, limits)
    if content_type == TEXT:
        from docflow.parser.formats import plain_text

        return plain_text.count_pages(file, limits)
    if content_type in OFFICE:
        from docflow.parser.formats import office

        return office.count_pages(file, content_type, limits)
    if content_type == MAIL:
        from docflow.parser.formats import mail

        return mail.count_pages(file, limits)
    if content_type == HTML:
        from docflow.parser.formats import html

        return html.count_pages(file, limits)
    from docflow.parser.formats import picture

    return picture.count_pages(file, content_type, limits)


def _split(asked: argparse.Namespace, limits: Limits, answer: Answer) -> dict[str, Any]:
    split_bytes = 0
    for page in _pages(asked, limits, answer):
        if isinstance(page, PageFile):
            split_bytes += page.file.stat().st_size if page.file != asked.file else 0
            if split_bytes > limits.split_bytes:
                raise too_large_to_split(asked.content_type, limits)
            found = {"number": page.number, "file": str(page.file), "reason": page.reason}
            answer.tell(ocr=found)
        else:
            answer.tell(text=page)
    return {}


def _pages(
    asked: argparse.Namespace, limits: Limits, answer: Answer
) -> Iterable[dict[str, Any] | PageFile]:
    """Give the pages one by one, where each is read on its own; else all of them at once."""
    if asked.content_type == PDF:
        from docflow.parser.formats import pdf

        return pdf.split(asked.file, asked.into, asked.ocr_mode, limits, answer.in_turn)
    if asked.content_type == TEXT:
        from docflow.parser.formats import plain_text

        return plain_text.split(asked.file)
    if asked.content_type == MAIL:
        from docflow.parser.formats import mail

        return mail.split(asked.file)
    if asked.content_type not in WHOLE:
        return _frames(asked, limits, answer)
    if asked.ocr_mode == NEVER:
        return [unread_page(1, "read as a whole")]
    return [PageFile(1, asked.file, "read as a whole: it has no pages of its own")]


def _frames(
    asked: argparse.Namespace, limits: Limits, answer: Answer
) -> Iterable[dict[str, Any] | PageFile]:
    from docflow.parser.formats import picture

    if asked.ocr_mode == NEVER:
        pages = picture.count_pages(asked.file, asked.content_type, limits)
        return [unread_page(number, "a picture") for number in range(1, pages + 1)]
    return picture.split(asked.file, asked.content_type, asked.into, limits, answer.in_turn)


def _unpack(file: Path, into: Path) -> dict[str, Any]:
    from docflow.parser.formats import mail

    return {"attachments": mail.unpack(file, into)}


def _render(asked: argparse.Namespace, limits: Limits) -> dict[str, Any]:
    if asked.content_type == PDF:
        from docflow.parser.formats import pdf

        pdf.render(asked.file, asked.page, asked.to_pixels, asked.to)
    elif asked.content_type == TEXT:
        from docflow.parser.formats import plain_text

        plain_text.render(asked.file, asked.page, asked.to_pixels, asked.to)
    elif asked.content_type == MAIL:
        from docflow.parser.formats import mail

        mail.render(asked.file, asked.page, asked.to_pixels, asked.to)
    elif asked.content_type in WHOLE:
        raise PageMissingError(asked.page)
    else:
        from docflow.parser.formats import picture

        picture.render(
            asked.file, asked.content_type, asked.page, asked.to_pixels, asked.to, limits
        )
    return {}


if __name__ == "__main__":
    main()
