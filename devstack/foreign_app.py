"""What the stand-in host needs to run in the environment of another app.

Such an app brings its own packages and must not see this repository's. The few that the host itself
needs are kept apart, in one folder for each version of Python.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from devstack.environment.file_lock import FileLock
from devstack.environment.installers import SetupError, run_installer
from devstack.environment.root import ROOT
from devstack.environment.tools import Environment

LAUNCHER = ROOT / "devstack" / "foreign_host.py"

_NEEDED = ("aiohttp", "croniter", "azure-storage-blob", "azure-storage-queue")


def host_packages(python: Path, tools: Environment) -> Path:
    """The packages of the host for an app's interpreter, installed once."""
    version = python_version(python)
    folder = tools.venv / f"host-packages-{version}"
    finished = folder / "finished.txt"
    constraints = ROOT / "constraints.txt"
    wanted = constraints.read_text(encoding="utf-8")
    with FileLock(tools.venv / "host-packages.lock"):
        if finished.exists() and finished.read_text(encoding="utf-8") == wanted:
            return folder
        print(f"Installing the stand-in host for Python {version}", file=sys.stderr, flush=True)
        # Not every environment has a pip of its own.
        pip = [str(tools.python), "-m", "pip", "--python", str(python), "install"]
        options = ["--quiet", "--upgrade", "--target", str(folder), "-c", str(constraints)]
        run_installer([*pip, *options, *_NEEDED], "The stand-in host could not be installed.")
        finished.write_text(wanted, encoding="utf-8")
    return folder


def python_version(python: Path) -> str:
    """The version of an app's interpreter, such as `3.12`, where the host runs on it."""
    ask = "import sys; print('{}.{}'.format(*sys.version_info[:2]))"
    answer = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=False)
    if answer.returncode:
        raise SetupError(f"The app's interpreter does not run: {python}\n{answer.stderr}")
    version = answer.stdout.strip()
    if tuple(map(int, version.split("."))) < (3, 11):
        raise SetupError(f"The stand-in host needs Python 3.11 or later; the app has {version}.")
    return version
