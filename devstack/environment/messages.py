"""What the set-up tells the user, on standard error: a command's own output stays clean."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable


def say(text: str) -> None:
    """Write a line at once."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def step(title: str, action: Callable[[], None]) -> None:
    """Run an action, and write its title before it and its duration after it."""
    sys.stderr.write(f"  {title:<32}")
    sys.stderr.flush()
    started = time.monotonic()
    try:
        action()
    except BaseException:
        sys.stderr.write("failed\n")
        raise
    sys.stderr.write(f"{time.monotonic() - started:6.1f} s\n")
