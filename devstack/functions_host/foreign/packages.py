"""The packages that the host needs in the environment of an app, kept apart from the app's own.

There is one folder for each version of Python, so that the app's environment stays as it is.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

LAUNCHER = Path(__file__).with_name("launcher.py")
OLDEST_PYTHON = (3, 11)

_NEEDED = ("aiohttp", "croniter", "azure-storage-blob", "azure-storage-queue")


class InterpreterError(Exception):
    """The host cannot run on an app's interpreter; the message says why."""


def host_packages(
    python: Path, *, parent: Path, constraints: Path, installer: Sequence[str]
) -> Path:
    """Return the folder with the host's packages for an interpreter, installed once.

    Args:
        python: The interpreter of the app.
        parent: The folder that holds one folder of packages for each version of Python. Two
            processes must not install into it at once.
        constraints: The versions to install; when the file changes, they are installed anew.
        installer: The command of a pip; not every environment has one of its own.

    Raises:
        InterpreterError: The interpreter is too old, or the packages cannot be installed.
    """
    version = python_version(python)
    folder = parent / f"host-packages-{version}"
    finished = folder / "finished.txt"
    wanted = constraints.read_text(encoding="utf-8")
    if finished.exists() and finished.read_text(encoding="utf-8") == wanted:
        return folder
    print(f"Installing the stand-in host for Python {version}", file=sys.stderr, flush=True)
    options = ["--quiet", "--upgrade", "--target", str(folder), "-c", str(constraints)]
    command = [*installer, "--python", str(python), "install", *options, *_NEEDED]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise InterpreterError(f"The stand-in host could not be installed.\n{answer.stderr}")
    finished.write_text(wanted, encoding="utf-8")
    return folder


def python_version(python: Path) -> str:
    """Return the version of an interpreter, such as `3.12`.

    Raises:
        InterpreterError: It does not run, or the host does not run on it.
    """
    ask = "import sys; print('{}.{}'.format(*sys.version_info[:2]))"
    answer = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=False)
    if answer.returncode:
        raise InterpreterError(f"The app's interpreter does not run: {python}\n{answer.stderr}")
    version = answer.stdout.strip()
    if tuple(map(int, version.split("."))) < OLDEST_PYTHON:
        raise InterpreterError(
            f"The stand-in host needs Python 3.11 or later; the app has {version}."
        )
    return version
