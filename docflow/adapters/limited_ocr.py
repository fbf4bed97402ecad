"""OCR at a rate that the service takes, so that being throttled stays the exception."""

from __future__ import annotations

from docflow.models import PageText
from docflow.ports import OcrEngine, RateLimiter


class LimitedOcr:
    """Asks another engine when it is its turn."""

    def __init__(self, engine: OcrEngine, limiter: RateLimiter) -> None:
        self._engine = engine
        self._limiter = limiter

    def read_page(self, content: bytes, *, number: int) -> PageText:
        """Recognize one page, after waiting for a turn."""
        self._limiter.wait_for_turn()
        return self._engine.read_page(content, number=number)

    def check(self) -> None:
        """Raise where the service cannot be reached; that takes no turn."""
        self._engine.check()
