"""`dev.py host`: any function app on the stand-in host."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from devstack.environment.installers import SetupError
from devstack.environment.root import ROOT
from devstack.environment.setup import ensure_environment
from devstack.environment.tools import venv_python
from devstack.foreign_app import LAUNCHER, host_packages
from devstack.stack.config import choose_ports
from devstack.stack.errors import StackError

# As Core Tools spell it, and as the host does.
_SPELLINGS = {"--enableAuth": "--enable-auth"}


def run(arguments: argparse.Namespace) -> int:
    """Become the host, so that signals and exit codes are its own."""
    app = arguments.app.expanduser().resolve()
    if not (app / "host.json").is_file():
        raise StackError(f"{app} is not a function app: there is no host.json in it.")
    ports = choose_ports({"functions": arguments.port}, os.environ)
    options = ["--app", str(app), "--port", str(ports.functions)]
    if "--rpc-port" not in arguments.rest:
        options += ["--rpc-port", str(ports.rpc)]
    options += [_SPELLINGS.get(option, option) for option in arguments.rest]
    return become([*_interpreter(app), *options], folder=ROOT)


def _interpreter(app: Path) -> list[str]:
    """What runs the host for an app: the app's own environment where it has one."""
    own = venv_python(app / ".venv")
    if not own.exists() or app == ROOT:
        return [sys.executable, "-m", "devstack.functions_host"]
    try:
        packages = host_packages(own, ensure_environment())
    except SetupError as error:
        raise StackError(str(error)) from None
    return [str(own), str(LAUNCHER), str(packages)]


def become(command: list[str], *, folder: Path) -> int:
    """Replace this process by a program, where the platform can; else wait for it."""
    if os.name == "nt":
        return subprocess.run(command, cwd=folder, check=False).returncode
    os.chdir(folder)
    sys.stdout.flush()
    return os.execv(command[0], command)  # noqa: S606 - no shell is wanted
