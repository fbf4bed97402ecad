"""`dev.py host`: any function app on the stand-in host."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from devstack.place import ROOT
from devstack.stack.config import choose_ports
from devstack.stack.errors import StackError


def run(arguments: argparse.Namespace) -> int:
    """Become the host, so that signals and exit codes are its own."""
    app = arguments.app.expanduser().resolve()
    if not (app / "host.json").is_file():
        raise StackError(f"{app} is not a function app: there is no host.json in it.")
    port = choose_ports({"functions": arguments.port}, os.environ).functions
    command = [sys.executable, "-m", "devstack.functions_host", "--app", str(app)]
    return become([*command, "--port", str(port), *arguments.rest], folder=ROOT)


def become(command: list[str], *, folder: Path) -> int:
    """Replace this process by a program, where the platform can; else wait for it."""
    if os.name == "nt":
        return subprocess.run(command, cwd=folder, check=False).returncode
    os.chdir(folder)
    sys.stdout.flush()
    return os.execv(command[0], command)  # noqa: S606 - no shell is wanted
