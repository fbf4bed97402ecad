"""The demo itself, from the command to its last line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from devstack.demo.expectations import read_samples
from devstack.environment.root import ROOT
from devstack.stack.config import PORT_NAMES, free_ports, is_open


@pytest.mark.host
def test_demo_takes_every_sample_to_its_end(tmp_path: Path) -> None:
    ports = free_ports(len(PORT_NAMES))
    options = [text for name, port in zip(PORT_NAMES, ports, strict=True)
               for text in (name.option, str(port))]  # fmt: skip
    done = subprocess.run(
        [sys.executable, str(ROOT / "dev.py"), "demo", *options],
        env={**os.environ, "DOCFLOW_LOCAL_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Every document ended as expected." in done.stdout
    table = done.stdout.partition("urgency  ticket")[2].splitlines()
    for file, sample in read_samples(ROOT / "samples").items():
        line = next(line for line in table if line.startswith(f"{file.name} "))
        assert sample.expect.status in line
        assert (sample.expect.code or sample.expect.urgency or "") in line
        for attached in sample.attachments:
            below = table[table.index(line) + 1]
            assert below.startswith(f"+ {attached.name} ")
            assert attached.expect.status in below
    assert done.stdout.count("DOC-") == 4
    assert "/raiseEvent/ApprovalDecision" in done.stdout
    assert {"  approve", "  reject "} <= {line[:9] for line in done.stdout.splitlines()}
    assert not [port for port in ports if is_open(port)]
    assert not list(tmp_path.rglob("stack.json"))
