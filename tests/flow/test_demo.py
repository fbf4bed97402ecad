"""The demo takes every sample to its end, and does what the README shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from devstack.demo.expectations import read_samples
from devstack.stack.config import PORT_NAMES, free_ports, is_open
from devstack.stack.engine import engine_in_use

ROOT = Path(__file__).parents[2]
LONGEST_SECONDS = {"local": 240, "func": 400}[engine_in_use()]

pytestmark = [pytest.mark.host, pytest.mark.timeout(LONGEST_SECONDS + 60)]


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


@dataclass(frozen=True)
class Demo:
    """A demo that ran to its end."""

    ports: list[int]
    folder: Path
    exit_code: int
    printed: str
    complaints: str

    @property
    def table(self) -> list[str]:
        return self.printed.partition("urgency  ticket")[2].splitlines()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """Run the demo once, some of its ports given by options and the others by the environment."""
    folder = tmp_path_factory.mktemp("demo")
    ports = free_ports(len(PORT_NAMES))
    given = list(zip(PORT_NAMES, map(str, ports), strict=True))
    options = [text for name, port in given[::2] for text in (name.option, port)]
    variables = {name.variable: port for name, port in given[1::2]}
    done = subprocess.run(
        [sys.executable, str(ROOT / "dev.py"), "demo", *options],
        env={**os.environ, **variables, "DOCFLOW_LOCAL_DIR": str(folder), "COLUMNS": "80"},
        capture_output=True,
        encoding="utf-8",
        timeout=LONGEST_SECONDS,
        check=False,
    )
    return Demo(ports, folder, done.returncode, done.stdout, done.stderr)


def test_the_demo_ends_well_and_prints_what_the_readme_shows(demo: Demo) -> None:
    assert demo.exit_code == 0, demo.printed + demo.complaints
    printed = without_what_varies(demo.printed)
    assert set(without_what_varies(shown_in_readme())) <= set(printed)
    assert max(len(line) for line in demo.printed.splitlines()) <= 80


def test_the_demo_takes_every_sample_to_its_end(demo: Demo) -> None:
    assert "Every document ended as expected." in demo.printed
    samples = read_samples(ROOT / "samples")
    for file, sample in samples.items():
        line = next(line for line in demo.table if line.startswith(f"{file.name} "))
        assert sample.expect.status in line
        assert (sample.expect.code or sample.expect.urgency or "") in line
        first = demo.table.index(line) + 1
        below = demo.table[first : first + len(sample.attachments)]
        for attached in sample.attachments:
            (own,) = (each for each in below if each.startswith(f"+ {attached.name} "))
            assert attached.expect.status in own
    urgent = [each for each in samples.values() if each.expect.urgency == "urgent"]
    approved = [each for each in urgent if each.demo_decision == "approve"]
    assert demo.printed.count("DOC-") == len(approved)


def test_the_demo_decides_as_a_reviewer_would(demo: Demo) -> None:
    assert "/raiseEvent/ApprovalDecision" in demo.printed
    assert {"  approve", "  reject "} <= {line[:9] for line in demo.printed.splitlines()}


def test_the_demo_leaves_nothing_running(demo: Demo) -> None:
    assert not [port for port in demo.ports if is_open(port)]
    assert not list(demo.folder.rglob("stack.json"))
