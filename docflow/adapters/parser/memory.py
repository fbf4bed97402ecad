"""How many parsers the memory of an instance holds."""

from __future__ import annotations

import os
from pathlib import Path

APP_MB = 768
"""Memory that is left to the app and the Functions host."""
_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
"""Where Linux tells the memory limit of a container: cgroups version 2 and version 1."""


def parsers_that_fit(parser_mb: int) -> int:
    """Return how many parsers of this size fit beside the app, at least 1.

    Where the memory of the machine is not known, that is one.
    """
    memory = instance_memory_mb()
    return 1 if memory is None else max(1, (memory - APP_MB) // parser_mb)


def instance_memory_mb() -> int | None:
    """Return the memory of the machine, or of the container if it may use less; None if unknown."""
    known = [limit for limit in (_machine_bytes(), *map(_limit_bytes, _LIMITS)) if limit]
    return min(known) // 1024**2 if known else None


def _machine_bytes() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not on Windows
        return None


def _limit_bytes(file: Path) -> int | None:
    try:
        text = file.read_text("ascii").strip()
    except OSError:
        return None
    return int(text) if text.isdecimal() else None
