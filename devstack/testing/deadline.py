"""Wait in tests: poll until a deadline, never sleep for a fixed time."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_for(condition: Callable[[], bool], *, what: str, seconds: float = 15.0) -> None:
    """Return as soon as the condition holds; fail with `what` where it never does."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"still not so after {seconds:.0f} s: {what}")
        time.sleep(0.02)
