"""Start the stand-in services once for the tests of this folder, on a free port."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_SECONDS = 10


@pytest.fixture(scope="session")
def running_services() -> Iterator[str]:
    """Return the address of the services, which are stopped at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "devstack.services", "--port", "0"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        assert "http://" in line, process.stderr.read()
        yield line.split()[-1]
        process.terminate()
        process.wait(TIMEOUT_SECONDS)


@pytest.fixture
def services(running_services: str) -> str:
    """Return the address of the services, with nothing in them and no faults."""
    requests.post(f"{running_services}/_control/reset", timeout=TIMEOUT_SECONDS).raise_for_status()
    return running_services


@pytest.fixture
def set_faults(services: str) -> Callable[[object], None]:
    """Set faults through the controls."""

    def set_them(body: object) -> None:
        url = f"{services}/_control/faults"
        requests.post(url, json=body, timeout=TIMEOUT_SECONDS).raise_for_status()

    return set_them


@pytest.fixture
def stats(services: str) -> Callable[[], dict[str, object]]:
    """Read the counts."""

    def read() -> dict[str, object]:
        answer = requests.get(f"{services}/_control/stats", timeout=TIMEOUT_SECONDS)
        counts: dict[str, object] = answer.json()
        return counts

    return read
