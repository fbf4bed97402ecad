"""How many parsers run at the same time in one instance of the app."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from docflow.errors import ErrorCode, TransientError

RETRY_SECONDS = 30
"""Pause that is asked for after a wait in vain, so that tries are not used up at once."""


class ParserSlots:
    """Places for parsers; who finds none free waits, and is deferred in the end.

    Args:
        count: most parsers at once.
        wait_seconds: longest wait for a place.
    """

    def __init__(self, count: int, *, wait_seconds: float) -> None:
        self._free = BoundedSemaphore(count)
        self._count = count
        self._wait_seconds = wait_seconds

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold a place while the block runs.

        Raises:
            TransientError: code `PARSERS_BUSY`, none was free in time.
        """
        if not self._free.acquire(timeout=self._wait_seconds):
            raise TransientError(
                ErrorCode.PARSERS_BUSY,
                f"All parsers of this instance ({self._count}) were busy for "
                f"{self._wait_seconds:g} s; the step is tried again.",
                retry_after_seconds=RETRY_SECONDS,
            )
        try:
            yield
        finally:
            self._free.release()
