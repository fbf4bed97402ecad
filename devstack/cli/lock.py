"""`dev.py lock`: pin the packages that the requirements depend on."""

from __future__ import annotations

import argparse
import collections
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from devstack.environment.root import ROOT
from devstack.stack.errors import StackError

_TARGET = ROOT / "constraints.txt"
_HEADING = (
    "# Exact versions of everything the requirements bring along. Made with: python3 dev.py lock\n"
)
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*")


def run(_arguments: argparse.Namespace) -> int:
    """Resolve the requirements without the old constraints, and write down what comes out."""
    before = set(_TARGET.read_text(encoding="utf-8").splitlines())
    pins = [pin for pin in _resolve() if _name(pin) not in _split_by_python()]
    _TARGET.write_text(_HEADING + "".join(f"{pin}\n" for pin in pins), encoding="utf-8")
    changed = sorted(before.symmetric_difference(pins) - {_HEADING.strip()}, key=str.lower)
    print("\n".join(f"{'-' if pin in before else '+'} {pin}" for pin in changed) or "No change")
    return 0


def _resolve() -> list[str]:
    """Return everything pip would install into an empty environment."""
    with tempfile.TemporaryDirectory() as folder:
        for path in ROOT.glob("requirements*.txt"):
            lines = path.read_text(encoding="utf-8").splitlines()
            free = [line for line in lines if not line.startswith("-c")]
            (Path(folder) / path.name).write_text("\n".join(free), encoding="utf-8")
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        options = ["--dry-run", "--ignore-installed", "--report", "-", "-r", "requirements-dev.txt"]
        command = [*pip, *options]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StackError(f"{done.stderr.strip()}\nThe requirements could not be resolved.")
    found = [item["metadata"] for item in json.loads(done.stdout)["install"]]
    return sorted((f"{each['name']}=={each['version']}" for each in found), key=str.lower)


def _split_by_python() -> set[str]:
    """Return the names with a version for each Python: a constraint would fit only one of them."""
    text = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("requirements*.txt"))
    names = collections.Counter(_name(line) for line in text.splitlines())
    return {name for name, count in names.items() if name and count > 1}


def _name(requirement: str) -> str:
    found = _NAME.match(requirement)
    return found.group().lower() if found else ""
