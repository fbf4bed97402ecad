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
from devstack.functions_host.foreign.interpreters import choose, inspect
from devstack.functions_host.foreign.packages import LAUNCHER, InterpreterError, host_packages
from devstack.stack.config import FUNCTIONS_PORT_VARIABLE, choose_ports
from devstack.stack.errors import StackError


def run(arguments: argparse.Namespace) -> int:
    """Become the host, so that signals and exit codes are its own."""
    app = arguments.app.expanduser().resolve()
    if not (app / "host.json").is_file():
        raise StackError(f"{app} is not a function app: there is no host.json in it.")
    options = ["--app", str(app), *arguments.rest]
    ports = choose_ports({}, os.environ)
    if arguments.port is not None:
        options += ["--port", str(arguments.port)]
    elif os.environ.get(FUNCTIONS_PORT_VARIABLE):
        options += ["--port", str(ports.functions)]  # else the app's local.settings.json may tell
    if not any(option.partition("=")[0] == "--rpc-port" for option in arguments.rest):
        options += ["--rpc-port", str(ports.rpc)]
    return become([*_interpreter(app, arguments.python), *options], folder=Path.cwd())


def _interpreter(app: Path, named: str | None) -> list[str]:
    """Return what runs the host for an app; the console says which Python that is."""
    own = Path(sys.executable)
    try:
        chosen = choose(named, app, os.environ, own)
        versions = inspect(chosen, app)
        is_own = chosen.path.parent.resolve() == own.parent.resolve()
        packages = "" if is_own else str(_packages(chosen.path))
    except (InterpreterError, SetupError) as error:
        raise StackError(str(error)) from None
    print(f"{versions}: {chosen.path} ({chosen.named_by})")
    return [str(chosen.path), str(LAUNCHER), packages]


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
