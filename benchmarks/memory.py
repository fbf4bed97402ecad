"""What the host holds in memory while it reads a long document (Linux)."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measuring import Goal, Measured, Row, Scenario
from benchmarks.scanned import UNLIMITED, read, scan, stack_with

PAGES = 1_000
BYTES_A_PAGE = 150_000
MEGABYTE = 1024 * 1024
MOST_MEGABYTES = 150
PARSER = b"docflow.parser"


def measure() -> Measured:
    """Watch the memory of the host while it reads 1,000 pages in 150 MB."""
    content = scan(PAGES, bytes_a_page=BYTES_A_PAGE)
    with stack_with(UNLIMITED) as stack, watched(stack.host_pid()) as peak:
        idle = peak()
        stack.faults({"ocr.analyze": {"latency_ms": 0}})
        read(stack, "large.pdf", content, by_http=False)
        rise = peak() - idle
    figures = {"file MB": len(content) / MEGABYTE, "idle MB": idle, "rise MB": rise}
    goal = Goal("most over idle, MB", rise, MOST_MEGABYTES)
    return Measured([Row(f"{PAGES:,}", figures)], [goal])


@contextmanager
def watched(pid: int, *, tree: bool = False) -> Iterator[Callable[[], float]]:
    """Watch the memory of a process (RSS, Linux) and yield a reader of its peak, in megabytes.

    Args:
        pid: The process.
        tree: Whether what it started counts too, but for parsers, which last as long as a file.
    """
    resident = _resident_tree if tree else _resident
    highest = [resident(pid)]
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            highest[0] = max(highest[0], resident(pid))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield lambda: highest[0]
    finally:
        done.set()
        thread.join()


def _resident_tree(pid: int) -> float:
    """Add up a process and all that it started; one that has ended meanwhile counts nothing."""
    try:
        process = Path("/proc", str(pid))
        if PARSER in process.joinpath("cmdline").read_bytes().split(b"\0"):
            return 0.0
        children = {
            int(child)
            for thread in process.joinpath("task").iterdir()
            for child in thread.joinpath("children").read_text(encoding="ascii").split()
        }
        return _resident(pid) + sum(_resident_tree(child) for child in children)
    except (FileNotFoundError, ProcessLookupError):
        return 0.0


def _resident(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0


SCENARIO = Scenario(
    title="Memory of the host while it reads scanned pages",
    what="pages",
    columns={"file MB": ".0f", "idle MB": ".0f", "rise MB": ".0f"},
    measure=measure,
)
