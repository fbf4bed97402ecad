"""OCR at a rate that the service takes, so that being throttled stays the exception."""

from __future__ import annotations

from threading import BoundedSemaphore

from docflow.models.pages import PageText
from docflow.ports import OcrEngine, RateLimiter


class LimitedOcr:
    """Asks another engine when it is its turn.

    Args:
        engine: what reads the pages.
        limiter: gives the turns of all instances of the app; None sets no limit on the rate.
        at_once: most pages that this process has in OCR at the same time.
    """

    def __init__(self, engine: OcrEngine, limiter: RateLimiter | None, *, at_once: int) -> None:
        self._engine = engine
        self._limiter = limiter
        self._places = BoundedSemaphore(at_once)

    def read_page(self, content: bytes, *, number: int) -> PageText:
        """Recognize one page, after waiting for a place and a turn."""
        with self._places:
            if self._limiter is not None:
                self._limiter.wait_for_turn()
            return self._engine.read_page(content, number=number)

    def check(self) -> None:
        """Raise where the service cannot be reached; that takes no turn."""
        self._engine.check()
