"""Ctrl-C and other signals that ask a program to end, as one exception at a safe moment."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Any, Self

_SIGNALS = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    if hasattr(signal, name)
)


class Interrupted(KeyboardInterrupt):
    """Somebody asked the program to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = 128 + number
        self.by_user = number == signal.SIGINT


class Interruption:
    """While entered, a signal raises `Interrupted`, but never within `deferred`."""

    def __init__(self) -> None:
        self._deferred = False
        self._pending: int | None = None
        self._previous: dict[int, Any] = {}

    @contextlib.contextmanager
    def deferred(self) -> Iterator[None]:
        """Hold a signal back until the end of the block: what is begun here must be completed."""
        if self._deferred:  # inside another such block, whose end is what counts
            yield
            return
        self._deferred = True
        try:
            yield
        finally:
            self._deferred = False
        pending, self._pending = self._pending, None
        if pending is not None:
            raise Interrupted(pending)

    def __enter__(self) -> Self:
        for number in _SIGNALS:
            self._previous[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, previous in self._previous.items():
            signal.signal(number, previous)
        self._previous.clear()

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if self._deferred:
            self._pending = number
        else:
            raise Interrupted(number)
