"""The command that the sandbox runs; it answers with one JSON object on standard output."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from docflow.adapters.parsing.findings import (
    ALWAYS,
    AUTO,
    NEVER,
    PDF,
    TEXT,
    Limits,
    PageFile,
    PageMissingError,
    Refusal,
    unread_page,
)
from docflow.adapters.parsing.sniffing import recognize


def main() -> None:
    """Limit this process, do what is asked, and answer."""
    asked = _arguments()
    _limit(asked.memory_mb, asked.cpu_seconds)
    # Libraries may print; the answer alone goes to standard output.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answer:
        os.dup2(2, 1)
        json.dump(_answer(asked), answer)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m docflow.adapters.parsing")
    parser.add_argument("command", choices=["inspect", "split", "render"])
    parser.add_argument("file", type=Path)
    parser.add_argument("--content-type", default="")
    parser.add_argument("--into", type=Path, help="folder for pages that are split off")
    parser.add_argument("--ocr-mode", choices=[AUTO, ALWAYS, NEVER], default=AUTO)
    parser.add_argument("--page", type=int, default=1)
    parser.add_argument("--to", type=Path, help="picture to write")
    parser.add_argument("--to-pixels", type=int, default=1_000_000, help="size of that picture")
    parser.add_argument("--max-pages", type=int, required=True)
    parser.add_argument("--max-pixels", type=int, required=True)
    parser.add_argument("--memory-mb", type=int, required=True)
    parser.add_argument("--cpu-seconds", type=int, required=True)
    return parser.parse_args()


def _limit(megabytes: int, cpu_seconds: int) -> None:
    """Limit memory and computing time, and write no core dumps: they would hold the document.

    The time is watched from outside too; this limit is for a process that outlives its watcher.
    """
    if sys.platform == "win32":
        return
    import resource

    size = megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (size, size))


def _answer(asked: argparse.Namespace) -> dict[str, Any]:
    limits = Limits(pages=asked.max_pages, pixels=asked.max_pixels)
    try:
        if asked.command == "inspect":
            return _inspect(asked.file, limits)
        if asked.command == "split":
            return _split(asked, limits)
        return _render(asked, limits)
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


def _inspect(file: Path, limits: Limits) -> dict[str, Any]:
    content_type = recognize(file)
    return {
        "content_type": content_type,
        "pages": _count_pages(file, content_type, limits),
    }


def _count_pages(file: Path, content_type: str, limits: Limits) -> int:
    if content_type == PDF:
        from docflow.adapters.parsing import pdf

        return pdf.count_pages(file, limits)
    if content_type == TEXT:
        from docflow.adapters.parsing import plain_text

        return plain_text.count_pages(file, limits)
    from docflow.adapters.parsing import pictures

    return pictures.count_pages(file, content_type, limits)


def _split(asked: argparse.Namespace, limits: Limits) -> dict[str, Any]:
    texts: list[dict[str, Any]] = []
    for_ocr: list[PageFile] = []
    if asked.content_type == PDF:
        from docflow.adapters.parsing import pdf

        texts, for_ocr = pdf.split(asked.file, asked.into, asked.ocr_mode)
    elif asked.content_type == TEXT:
        from docflow.adapters.parsing import plain_text

        texts = plain_text.split(asked.file)
    elif asked.ocr_mode == NEVER:
        from docflow.adapters.parsing import pictures

        pages = pictures.count_pages(asked.file, asked.content_type, limits)
        texts = [unread_page(number, "a picture") for number in range(1, pages + 1)]
    else:
        from docflow.adapters.parsing import pictures

        for_ocr = pictures.split(asked.file, asked.content_type, asked.into, limits)
    return {
        "texts": texts,
        "ocr": [
            {"number": page.number, "file": str(page.file), "reason": page.reason}
            for page in for_ocr
        ],
    }


def _render(asked: argparse.Namespace, limits: Limits) -> dict[str, Any]:
    if asked.content_type == PDF:
        from docflow.adapters.parsing import pdf

        pdf.render(asked.file, asked.page, asked.to_pixels, asked.to)
    elif asked.content_type == TEXT:
        from docflow.adapters.parsing import plain_text

        plain_text.render(asked.file, asked.page, asked.to_pixels, asked.to)
    else:
        from docflow.adapters.parsing import pictures

        pictures.render(
            asked.file, asked.content_type, asked.page, asked.to_pixels, asked.to, limits
        )
    return {}


if __name__ == "__main__":
    main()
