"""A process with two children, one of which has a child too, for tests that end it.

Prints the process ids of all but itself, then waits for its end.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from devstack.stack.interruption import Interrupted, Interruption
from devstack.stack.processes import Processes, Program

_SLEEP = "import time; time.sleep(600)"
_WITH_CHILD = (
    "import subprocess, sys, time;"
    f"print(subprocess.Popen([sys.executable, '-c', {_SLEEP!r}]).pid, flush=True);"
    "time.sleep(600)"
)


def main(logs: Path) -> int:
    """Start them, name them, wait."""
    with Interruption() as interruption:
        processes = Processes(logs, interruption)
        try:
            plain = processes.start(_program("plain", _SLEEP))
            parent = processes.start(_program("parent", _WITH_CHILD))
            while not parent.log.read_text(encoding="utf-8").strip():
                time.sleep(0.02)
            print(plain.pid, parent.pid, parent.log.read_text(encoding="utf-8"), flush=True)
            time.sleep(600)
        except Interrupted as stop:
            return stop.exit_code
        finally:
            with interruption.deferred():
                processes.end()
    return 0


def _program(name: str, code: str) -> Program:
    return Program(name, name, [sys.executable, "-c", code], os.environ, Path.cwd())


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
