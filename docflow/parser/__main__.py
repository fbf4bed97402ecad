"""The command line of the parser process; it answers by lines of JSON on standard output.

The first line says that it has `begun`: from there on, what happens is the file's fault. The last
line says how it ended: `done` with the result, `refusal`, or `missing_page`. Before each page,
`split` writes that it is `reading` it, and then what it found there (`text` or `ocr`). Where the
process dies, the lines show on which page, and the pages before that one need not be read again.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
from pathlib import Path
from typing import Any

from docflow.parser.answer import Answer
from docflow.parser.limits import Limits
from docflow.parser.pages import PageFile
from docflow.parser.process_limits import limit_process
from docflow.parser.recognition import recognize
from docflow.parser.refusals import PageMissingError, Refusal, too_large_to_split
from docflow.parser.registry import MOST_USED, format_of, load
from docflow.parser.requests import ALWAYS, AUTO, NEVER, RenderRequest, SplitRequest


def main() -> None:
    """Limit this process, carry out the command, and answer."""
    asked = _arguments(_command())
    # Computing time from before the command does not count.
    limit_process(asked.memory_mb, math.ceil(time.process_time() + asked.seconds))
    # Libraries may print; only the answer goes to standard output.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as stream:
        os.dup2(2, 1)
        answer = Answer(
            stream,
            seconds=asked.seconds,
            page_share=asked.page_share,
            pages_from=asked.pages_from,
        )
        answer.begin()
        answer.write(**_last_line(asked, answer))


def _command() -> list[str]:
    """Return the command; for `wait`, load what most files need and read the command then."""
    if sys.argv[1:] != ["wait"]:
        return sys.argv[1:]
    for module in MOST_USED:
        load(module)
    line = sys.stdin.readline()
    if not line:
        sys.exit()  # the parent is gone
    command: list[str] = json.loads(line)
    return command


def _arguments(command: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m docflow.parser")
    parser.add_argument("command", choices=["inspect", "split", "render", "unpack"])
    parser.add_argument("file", type=Path)
    parser.add_argument("--content-type", default="")
    parser.add_argument("--into", type=Path, help="folder for page files or attachments")
    parser.add_argument("--ocr-mode", choices=[AUTO, ALWAYS, NEVER], default=AUTO)
    parser.add_argument("--pages-from", type=int, default=1, help="first page to read")
    parser.add_argument("--page-share", type=float, default=1, help="of the time, for one page")
    parser.add_argument("--page", type=int, default=1)
    parser.add_argument("--to", type=Path, help="picture to write")
    parser.add_argument("--to-pixels", type=int, default=1_000_000, help="size of that picture")
    parser.add_argument("--max-pages", type=int, required=True)
    parser.add_argument("--max-pixels", type=int, required=True)
    parser.add_argument("--max-attachments", type=int, required=True)
    parser.add_argument("--max-mail-depth", type=int, default=3)
    parser.add_argument("--memory-mb", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    return parser.parse_args(command)


def _last_line(asked: argparse.Namespace, answer: Answer) -> dict[str, Any]:
    """Carry out the command and return the last line of the answer."""
    limits = Limits(
        pages=asked.max_pages,
        pixels=asked.max_pixels,
        attachments=asked.max_attachments,
        memory_mb=asked.memory_mb,
        mail_depth=asked.max_mail_depth,
    )
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
        return _unpack(asked.file, asked.into, limits)
    return _render(asked, limits)


def _inspect(file: Path, limits: Limits) -> dict[str, Any]:
    content_type = recognize(file)
    pages = format_of(content_type).count_pages(file, content_type, limits)
    return {"content_type": content_type, "pages": pages}


def _split(asked: argparse.Namespace, limits: Limits, answer: Answer) -> dict[str, Any]:
    request = SplitRequest(
        file=asked.file,
        content_type=asked.content_type,
        into=asked.into,
        ocr_mode=asked.ocr_mode,
        limits=limits,
        page_numbers=answer.page_numbers,
    )
    split_bytes = 0
    for page in format_of(request.content_type).split(request):
        if isinstance(page, PageFile):
            split_bytes += page.file.stat().st_size if page.file != request.file else 0
            if split_bytes > limits.split_bytes:
                raise too_large_to_split(request.content_type, limits)
            layer = page.layer._asdict() if page.layer else None
            extent = page.extent._asdict()
            line = {**page._asdict(), "file": str(page.file), "layer": layer, "extent": extent}
            answer.write(ocr=line)
        else:
            answer.write(text=page._asdict())
    return {}


def _unpack(file: Path, into: Path, limits: Limits) -> dict[str, Any]:
    from docflow.parser.formats import mail

    return {"attachments": mail.unpack(file, into, limits)}


def _render(asked: argparse.Namespace, limits: Limits) -> dict[str, Any]:
    request = RenderRequest(
        file=asked.file,
        content_type=asked.content_type,
        page=asked.page,
        max_pixels=asked.to_pixels,
        target=asked.to,
        limits=limits,
    )
    format_of(request.content_type).render(request)
    return {}


if __name__ == "__main__":
    main()
