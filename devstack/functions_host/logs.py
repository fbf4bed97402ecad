"""Console logging by the rules of host.json: levels by category, the longest prefix wins.

What the app logs while one of its functions runs belongs to ``Function.<name>.User``.
"""

from __future__ import annotations

import contextvars
import logging
import sys
import time

#: The function whose code is running in this context.
current_function: contextvars.ContextVar[str] = contextvars.ContextVar("function", default="")

_LEVELS = {
    "trace": logging.DEBUG,
    "debug": logging.DEBUG,
    "information": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
    "none": logging.CRITICAL + 1,
}
_QUIET = {"azure": logging.WARNING, "aiohttp.access": logging.WARNING, "asyncio": logging.WARNING}
_HOST = __name__.rpartition(".")[0]
_CATEGORY = "host_category"


class CategoryFilter(logging.Filter):
    """Lets a record pass if the level of its category allows it."""

    def __init__(self, levels: dict[str, str]) -> None:
        super().__init__()
        self._levels = {
            name.lower(): _LEVELS.get(level.lower(), logging.INFO) for name, level in levels.items()
        }
        self._default = self._levels.pop("default", logging.INFO)

    @property
    def lowest(self) -> int:
        """Return the level below which nothing is shown."""
        return min([self._default, *self._levels.values()])

    def filter(self, record: logging.LogRecord) -> bool:
        """Decide about one record."""
        return record.levelno >= self.threshold(category(record))

    def threshold(self, name: str) -> int:
        """Return the lowest level shown for a category."""
        wanted = name.lower()
        best, level = -1, self._default
        for prefix, candidate in self._levels.items():
            fits = wanted == prefix or wanted.startswith(prefix + ".")
            if fits and len(prefix) > best:
                best, level = len(prefix), candidate
        return level


def of_category(name: str) -> dict[str, str]:
    """Return the `extra` of a record that the real host files under a category of its own."""
    return {_CATEGORY: name}


def category(record: logging.LogRecord) -> str:
    """Return the category that the real host would file a record under."""
    named = getattr(record, _CATEGORY, None)
    if named is not None:
        return str(named)
    if record.name.startswith(_HOST):
        return "Host" + record.name.removeprefix(_HOST)
    function = current_function.get()
    return f"Function.{function}.User" if function else "Worker"


def configure(levels: dict[str, str], *, verbose: bool = False) -> None:
    """Send all logging to stderr, filtered by host.json."""
    handler = logging.StreamHandler(sys.stderr)
    formatter = logging.Formatter(
        "[%(asctime)s.%(msecs)03dZ] %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S"
    )
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    shown = CategoryFilter({**levels, "default": "Debug"} if verbose else levels)
    handler.addFilter(shown)
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(shown.lowest)
    for name, level in _QUIET.items():
        logging.getLogger(name).setLevel(level)
