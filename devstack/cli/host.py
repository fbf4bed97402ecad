"""`dev.py host`: any function app on the stand-in host."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from devstack.environment.file_lock import FileLock
from devstack.environment.installers import SetupError
from devstack.environment.root import ROOT
from devstack.environment.setup import ensure_environment
from devstack.environment.tools import venv_python
from devstack.functions_host.foreign.packages import LAUNCHER, InterpreterError, host_packages
from devstack.stack.config import choose_ports
from devstack.stack.errors import StackError


def run(arguments: argparse.Namespace) -> int:
    """Become the host, so that signals and exit codes are its own."""
    app = arguments.app.expanduser().resolve()
    if not (app / "host.json").is_file():
        raise StackError(f"{app} is not a function app: there is no host.json in it.")
    ports = choose_ports({"functions": arguments.port}, os.environ)
    options = ["--app", str(app), "--port", str(ports.functions)]
    if "--rpc-port" not in arguments.rest:
        options += ["--rpc-port", str(ports.rpc)]
    options += arguments.rest
    return become([*_interpreter(app), *options], folder=ROOT)


def _interpreter(app: Path) -> list[str]:
    """Return what runs the host for an app: the app's own environment where it has one."""
    own = venv_python(app / ".venv")
    if not own.exists() or app == ROOT:
        return [sys.executable, "-m", "devstack.functions_host"]
    try:
        packages = _packages(own)
    except (InterpreterError, SetupError) as error:
        raise StackError(str(error)) from None
    return [str(own), str(LAUNCHER), str(packages)]


def _packages(python: Path) -> Path:
    """Return the folder with what the host needs beside an app's own packages."""
    tools = ensure_environment()
    with FileLock(tools.venv / "host-packages.lock"):
        return host_packages(
            python,
            parent=tools.venv,
            constraints=ROOT / "constraints.txt",
            installer=[str(tools.python), "-m", "pip"],
        )


def become(command: list[str], *, folder: Path) -> int:
    """Replace this process by a program, where the platform can; else wait for it."""
    if os.name == "nt":
        return subprocess.run(command, cwd=folder, check=False).returncode
    os.chdir(folder)
    sys.stdout.flush()
    return os.execv(command[0], command)  # noqa: S606 - no shell is wanted
