"""How many parsers the memory of an instance holds."""

from __future__ import annotations

import re
from pathlib import Path

APP_MB = 768
"""Memory that is left to the app and the Functions host."""
_MACHINE = Path("/proc/meminfo")
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
    found = re.search(r"^MemTotal:\s+(\d+) kB$", _read(_MACHINE) or "", re.MULTILINE)
    return int(found[1]) * 1024 if found else None


def _limit_bytes(file: Path) -> int | None:
    text = (_read(file) or "").strip()
    return int(text) if text.isdecimal() else None


def _read(file: Path) -> str | None:
    """Return the text of a file; None where there is none, as on other systems than Linux."""
    try:
        return file.read_text("ascii")
    except OSError:
        return None
