"""Tables of words and rules: YAML files beside the code that uses them, read on first use."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from importlib.resources import files
from threading import Lock
from typing import Any, TypeVar

TableT = TypeVar("TableT")


def read_table(package: str, name: str) -> Any:  # noqa: ANN401 - any YAML value
    """Return the content of a YAML file in a package."""
    import yaml  # on first use: the app starts without it

    # The loader in C is ten times as fast; some platforms have no wheel with it.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = files(package).joinpath(name).read_text(encoding="utf-8")
    return yaml.load(text, Loader=loader)  # noqa: S506 - both loaders are safe


def once(load: Callable[[], TableT]) -> Callable[[], TableT]:
    """Return a function that loads a table when it is first called, in one thread.

    Steps of many documents come to it at the same moment; with `functools.cache` each of them would
    load the table.
    """
    lock = Lock()
    loaded: list[TableT] = []

    @wraps(load)
    def table() -> TableT:
        if not loaded:
            with lock:
                if not loaded:
                    loaded.append(load())
        return loaded[0]

    return table
