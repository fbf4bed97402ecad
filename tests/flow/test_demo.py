"""The demo does what the README shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from devstack.stack.config import PORT_NAMES, free_ports

ROOT = Path(__file__).parents[2]
LONGEST_SECONDS = 240

pytestmark = pytest.mark.host


def shown_in_readme() -> str:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return text.split("<!-- demo -->")[1].split("<!-- /demo -->")[0].strip("`\n")


def without_what_varies(text: str) -> list[str]:
    """Leave out ids, ticket numbers, amounts, times, and lines of progress."""
    lines = [line.rstrip() for line in text.splitlines()]
    kept = [line for line in lines if line and not re.match(r" +\d+\.\d s ", line)]
    return [
        re.sub(r"\b[0-9a-f]{8}\b|(?<=DOC-)\d+|\$[\d.]+\d|[\d,]+(?= model)|\d+ s$", "?", line)
        for line in kept
    ]


def test_the_demo_ends_well_and_prints_what_the_readme_shows(tmp_path: Path) -> None:
    ports = {
        name.variable: str(port)
        for name, port in zip(PORT_NAMES, free_ports(len(PORT_NAMES)), strict=True)
    }
    environment = {**os.environ, **ports, "DOCFLOW_LOCAL_DIR": str(tmp_path), "COLUMNS": "80"}

    done = subprocess.run(
        [sys.executable, str(ROOT / "dev.py"), "demo"],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=LONGEST_SECONDS,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    printed = without_what_varies(done.stdout)
    assert set(without_what_varies(shown_in_readme())) <= set(printed)
    assert max(len(line) for line in done.stdout.splitlines()) <= 80
