"""End the processes of a stack whose parent was killed before it could do so itself.

Runs as a process of its own, standard library alone. The parent writes "+PID" and "-PID" to its
standard input; when that closes, whatever is still on the list is ended: with SIGTERM, and after a
while with SIGKILL.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterable

FIRST_WAIT_SECONDS = 1.5
GRACE_SECONDS = 10.0


def main(lines: Iterable[str]) -> None:
    """Follow the list of processes until it ends, then end them."""
    alive: dict[int, None] = {}
    for line in lines:
        pid = int(line[1:])
        if line.startswith("+"):
            alive[pid] = None
        else:
            alive.pop(pid, None)
    # Whoever killed the parent may have asked the others too, and a storage emulator that is asked
    # twice drops what it has not written yet.
    remaining = list(alive)
    if hasattr(os, "killpg"):
        remaining = gone_within(FIRST_WAIT_SECONDS, remaining)
    # The youngest first: the app before the storage it writes to.
    asked = [pid for pid in reversed(remaining) if end(pid, signal.SIGTERM)]
    for pid in gone_within(GRACE_SECONDS, asked):
        end(pid, getattr(signal, "SIGKILL", signal.SIGTERM))


def gone_within(seconds: float, pids: list[int]) -> list[int]:
    """Wait until processes have ended, and return those that have not."""
    deadline = time.monotonic() + seconds
    while (pids := [pid for pid in pids if end(pid, 0)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    return pids


def end(pid: int, number: int) -> bool:
    """Send a signal to a process and all it started; False where there is none left."""
    try:
        if hasattr(os, "killpg"):
            os.killpg(pid, number)  # each process of the stack leads a group of its own
        elif number:
            os.kill(pid, number)
    except OSError:
        return False
    # Windows ends a process at once, and its signal 0 is Ctrl-C: there is nothing to wait for.
    return hasattr(os, "killpg")


if __name__ == "__main__":
    main(sys.stdin)
