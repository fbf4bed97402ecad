"""What an app can import: its own folder and its packages, and nothing of this repository."""

from __future__ import annotations

import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[3]
_PACKAGE = __name__.partition(".")[0]


def give_way() -> None:
    """Take this repository off the import path, and its modules out of reach by name.

    The host's modules are loaded by then and go on working. Without this an app whose package is
    named like one of ours gets ours, even where it comes first on the path: a folder without
    `__init__.py` yields to any package with one. No module of the host may be imported afterwards.
    """
    sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != _ROOT]
    for name in list(sys.modules):
        if name == _PACKAGE or name.startswith(f"{_PACKAGE}."):
            del sys.modules[name]
