"""A Python with Azure's own worker library and with all that docflow needs, for tests that compare.

Azure's worker library needs a newer Python than docflow does. Where the machine has one, a virtual
environment is made of it, once: a stamp with a digest of what went in makes the next start instant.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

from devstack.environment.file_lock import FileLock
from devstack.environment.root import ROOT
from devstack.environment.tools import venv_python
from devstack.functions_host.azure_worker import REQUIREMENTS, worker_interpreter

_FOLDER = ROOT / ".venv" / "azure-worker"
_REQUIREMENTS = ROOT / "requirements.txt"
_CONSTRAINTS = ROOT / "constraints.txt"


class NoNewPythonError(Exception):
    """There is no Python here that Azure's worker library runs on."""


class InstallationError(Exception):
    """What is needed could not be installed; the message is the installer's."""


def azure_python(folder: Path = _FOLDER) -> Path:
    """Return the interpreter; make its environment first where it is missing or out of date.

    Raises:
        NoNewPythonError: there is nothing to make it of.
        InstallationError: packages could not be installed.
    """
    found = worker_interpreter(os.environ.get("DOCFLOW_WORKER_PYTHON", ""))
    if found is None:
        raise NoNewPythonError(
            "There is no Python of 3.13 or later on PATH or in ~/.pyenv (or name one in "
            "DOCFLOW_WORKER_PYTHON)."
        )
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder.with_name(f"{folder.name}.lock"))
    lock.acquire(wait=True)
    try:
        return _made_of(found, folder)
    finally:
        lock.release()


def _made_of(interpreter: str, folder: Path) -> Path:
    python, stamp = venv_python(folder), folder / "made-of.txt"
    wanted = _digest(interpreter)
    if python.exists() and stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    _run(interpreter, "-m", "venv", "--clear", str(folder))
    _run(
        *(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
        *("--constraint", str(_CONSTRAINTS), "--requirement", str(_REQUIREMENTS)),
        *REQUIREMENTS,
    )
    stamp.write_text(wanted, encoding="utf-8")
    return python


def _digest(interpreter: str) -> str:
    ingredients = (interpreter, *REQUIREMENTS, _REQUIREMENTS.read_text(encoding="utf-8"))
    text = "\n".join((*ingredients, _CONSTRAINTS.read_text(encoding="utf-8")))
    return hashlib.sha256(text.encode()).hexdigest()


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise InstallationError(done.stderr.strip() or f"exit code {done.returncode}")
