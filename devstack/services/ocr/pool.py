"""The OCR processes of the service: each page goes to an idle one, and ended ones are replaced."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from pathlib import Path
from typing import Any

PAGE_TIMEOUT_SECONDS = 120.0
"""A page that takes longer is given up and its worker replaced."""

ANSWER_LIMIT_BYTES = 64 * 1024 * 1024
PACKAGE_ROOT = Path(__file__).resolve().parents[3]


class OcrFailedError(Exception):
    """The document cannot be read; `code` is Document Intelligence's inner error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def is_about_content(self) -> bool:
        """Return whether the document is at fault, and reading it again is of no use."""
        return self.code.startswith(("Invalid", "Unsupported"))


class OcrPool:
    """A fixed number of OCR processes, started when first needed.

    Args:
        tessdata: The folder of `*.traineddata` files.
        workers: How many pages are read at once.
        page_timeout_seconds: How long one page may take.
    """

    def __init__(
        self, tessdata: Path, workers: int, page_timeout_seconds: float = PAGE_TIMEOUT_SECONDS
    ) -> None:
        self.workers = workers
        self._tessdata = tessdata
        self.page_timeout_seconds = page_timeout_seconds
        self._slots = asyncio.Semaphore(workers)
        self._idle: list[asyncio.subprocess.Process] = []
        self._running: set[asyncio.subprocess.Process] = set()

    async def count_pages(self, path: Path) -> int:
        """Return the page count, or raise `OcrFailedError` where the file is unreadable."""
        return int(await self._run({"path": str(path), "page": 0, "languages": ""}))

    async def read_page(self, path: Path, number: int, languages: str) -> dict[str, Any]:
        """Return what `PageReader.read` found on page `number` (from 1)."""
        page: dict[str, Any] = await self._run(
            {"path": str(path), "page": number, "languages": languages}
        )
        return page

    async def close(self) -> None:
        """End every worker at once."""
        for process in list(self._running):
            await self._discard(process)
        self._idle.clear()

    async def _run(self, job: dict[str, Any]) -> Any:  # noqa: ANN401
        async with self._slots:
            process = await self._idle_or_new()
            try:
                answer = await asyncio.wait_for(_ask(process, job), self.page_timeout_seconds)
            except TimeoutError:
                await self._discard(process)
                raise OcrFailedError("Timeout", "The page took too long to read.") from None
            except (OSError, EOFError, ValueError):
                await self._discard(process)
                raise OcrFailedError(
                    "InvalidContent", "The file ended the process that read it."
                ) from None
            except asyncio.CancelledError:
                await self._discard(process)
                raise
            self._idle.append(process)
        if "error" in answer:
            raise OcrFailedError(answer["error"]["code"], answer["error"]["message"])
        return answer["ok"]

    async def _idle_or_new(self) -> asyncio.subprocess.Process:
        while self._idle:
            process = self._idle.pop()
            if process.returncode is None:
                return process
            await self._discard(process)  # It ended meanwhile, by no fault of the next document.
        return await self._start()

    async def _start(self) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "devstack.services.ocr.worker",
            str(self._tessdata),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=ANSWER_LIMIT_BYTES,
            env={**os.environ, "PYTHONPATH": str(PACKAGE_ROOT)},
        )
        self._running.add(process)
        return process

    async def _discard(self, process: asyncio.subprocess.Process) -> None:
        self._running.discard(process)
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _ask(process: asyncio.subprocess.Process, job: dict[str, Any]) -> dict[str, Any]:
    if process.stdin is None or process.stdout is None:
        raise EOFError
    process.stdin.write(json.dumps(job).encode() + b"\n")
    await process.stdin.drain()
    line = await process.stdout.readline()
    if not line:
        raise EOFError
    answer: dict[str, Any] = json.loads(line)
    return answer
