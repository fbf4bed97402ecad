"""OCR at a rate that the service accepts, so that throttling stays the exception."""

from __future__ import annotations

from threading import BoundedSemaphore

from docflow.models.pages import PageText
from docflow.ports import OcrEngine, RateLimiter


class LimitedOcr:
    """Asks another engine when a permit is free.

    Args:
        engine: reads the pages.
        limiter: limits the rate of all instances of the app together; None for no limit.
        at_once: most pages that this process has in OCR at the same time.
    """

    def __init__(self, engine: OcrEngine, limiter: RateLimiter | None, *, at_once: int) -> None:
        self._engine = engine
        self._limiter = limiter
        self._concurrency = BoundedSemaphore(at_once)

    def read_page(self, content: bytes, *, number: int, again: bool = False) -> PageText:
        """Recognize one page, after waiting for a free slot and a permit."""
        with self._concurrency:
            if self._limiter is not None:
                self._limiter.wait_for_permit()
            return self._engine.read_page(content, number=number, again=again)

    def check(self) -> None:
        """Raise where the service cannot be reached; the check needs no permit."""
        self._engine.check()
