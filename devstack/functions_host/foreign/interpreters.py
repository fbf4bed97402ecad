"""Which Python an app runs on, and whether this host can run the app there."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from devstack.functions_host.foreign.packages import InterpreterError, python_version

#: The major versions that this host speaks with, by package.
_SPOKEN = {"azure-functions": ("1", "2"), "azure-functions-durable": ("1",)}
_NEEDED = "azure-functions"


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python, and what named it."""

    path: Path
    named_by: str


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions of a Python and of the packages in it; None where a package is missing."""

    python: str
    packages: Mapping[str, str | None]

    def __str__(self) -> str:
        """Say it on one line."""
        there = [f"{name} {version}" for name, version in self.packages.items() if version]
        return ", ".join([f"Python {self.python}", *there])


def choose(named: str | None, app: Path, environment: Mapping[str, str], own: Path) -> Interpreter:
    """Return the interpreter of an app: the named one, else the activated, else the app's own.

    Args:
        named: What `--python` says: a path, a name on PATH, or the folder of an environment.
        app: The folder of the app.
        environment: The variables of the process; `VIRTUAL_ENV` or `CONDA_PREFIX` names the
            activated environment.
        own: The interpreter of the host, the last choice. That its environment is activated says
            nothing about the app.

    Raises:
        InterpreterError: There is no interpreter where one was named.
    """
    if named is not None:
        return Interpreter(_named(named), "named by --python")
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        activated = environment.get(variable)
        if activated and Path(activated).resolve() != own.parents[1].resolve():
            found = _in_environment(Path(activated))
            if found is None:
                raise InterpreterError(
                    f"There is no Python in the activated environment {activated} ({variable}). "
                    "Deactivate it, or name an interpreter with --python."
                )
            return Interpreter(found, "of the activated environment")
    found = _in_environment(app / ".venv")
    if found is not None and app / ".venv" != own.parents[1]:
        return Interpreter(found, "of the app's .venv")
    return Interpreter(own, "of docflow's environment")


def inspect(interpreter: Interpreter, app: Path) -> Versions:
    """Return the versions of what the host needs there.

    Raises:
        InterpreterError: It does not run, it lacks a package, or has a version of Python or of
            the package that this host does not speak with.
    """
    python = python_version(interpreter.path)
    program = (
        "import importlib.metadata as m, json, sys\n"
        "def v(n):\n"
        "    try: return m.version(n)\n"
        "    except m.PackageNotFoundError: return None\n"
        "print(json.dumps({n: v(n) for n in sys.argv[1:]}))"
    )
    command = [str(interpreter.path), "-c", program, *_SPOKEN]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    versions = Versions(python, json.loads(answer.stdout))
    for package, majors in _SPOKEN.items():
        version = versions.packages[package]
        if version is None and package != _NEEDED:
            continue  # An app without durable functions does without; else its import tells.
        if version is None or version.partition(".")[0] not in majors:
            raise InterpreterError(_unfit(interpreter, app, package, version))
    return versions


def _unfit(interpreter: Interpreter, app: Path, package: str, version: str | None) -> str:
    wanted = " or ".join(f"{major}.x" for major in _SPOKEN[package])
    has = f"has no {package}" if version is None else f"has {package} {version}"
    requirements = app / "requirements.txt"
    what = f"-r {requirements}" if requirements.is_file() else package
    return (
        f"The Python {interpreter.named_by} {has}; this host runs apps with {wanted}: "
        f"{interpreter.path}\n"
        f"Install what the app needs: {interpreter.path} -m pip install {what}\n"
        "Or name another interpreter with --python."
    )


def _named(name: str) -> Path:
    given = Path(name).expanduser()
    if given.is_dir():
        found = _in_environment(given)
    else:
        on_path = shutil.which(str(given))
        found = Path(on_path).absolute() if on_path else None
    if found is None:
        raise InterpreterError(f"There is no Python at {name!r}, which --python names.")
    return found


def _in_environment(folder: Path) -> Path | None:
    places = (folder / "bin" / "python", folder / "Scripts" / "python.exe", folder / "python.exe")
    return next((place.absolute() for place in places if place.exists()), None)
