"""Azurite on free ports for the tests that need one, and a scripted HTTP server for the others."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from docflow.settings import Settings
from testkit.stub_server import StubServer

START_SECONDS = 30
SERVICES = ("Blob", "Queue", "Table")
LISTENING = re.compile(r"(\w+) service is successfully listening at (http://\S+)")
EMULATOR_ACCOUNT = "devstoreaccount1"
EMULATOR_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run Azurite in memory on ports of its own choice; gives its connection string."""
    log = tmp_path_factory.mktemp("azurite") / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                _node(),
                str(_azurite()),
                *("--silent", "--disableTelemetry", "--skipApiVersionCheck"),
                *("--inMemoryPersistence", "--blobPort", "0", "--queuePort", "0"),
                *("--tablePort", "0"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        endpoints = _wait_for_endpoints(log, process)
        account = f"AccountName={EMULATOR_ACCOUNT};AccountKey={EMULATOR_KEY}"
        yield ";".join(("DefaultEndpointsProtocol=http", account, *endpoints))
    finally:
        process.terminate()
        process.wait(START_SECONDS)


@pytest.fixture
def storage(azurite: str) -> Settings:
    """Give settings that lead to Azurite."""
    return Settings.load({"DOCUMENTS_STORAGE": azurite})


@pytest.fixture
def unused_name() -> str:
    """Give a name for a container, table or queue that no other test uses."""
    return f"test{next(_numbers)}"


@pytest.fixture
def server() -> Iterator[StubServer]:
    """Run a scripted HTTP server."""
    with StubServer().running() as running:
        yield running


def _azurite() -> Path:
    installed = Path(sys.prefix, "azurite/node_modules/azurite/dist/src/azurite.js")
    script = Path(os.environ.get("DOCFLOW_AZURITE_JS") or installed)
    if not script.is_file():
        pytest.fail(
            f"Azurite is not at {script}: `python dev.py test` installs it, or set "
            "DOCFLOW_AZURITE_JS to the azurite.js of an installation."
        )
    return script


def _node() -> str:
    node = shutil.which("node") or shutil.which("node", path=Path(sys.executable).parent)
    if node is None:
        pytest.fail("Node.js is not on PATH: `python dev.py test` brings one along.")
    return node


def _wait_for_endpoints(log: Path, process: subprocess.Popen[bytes]) -> list[str]:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        started = LISTENING.findall(log.read_text())
        if len(started) == len(SERVICES):
            return [f"{name}Endpoint={url}/{EMULATOR_ACCOUNT}" for name, url in started]
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
    pytest.fail(f"Azurite did not start in {START_SECONDS} s:\n{log.read_text()}")
