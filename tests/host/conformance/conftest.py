"""Fixtures for the conformance suite: simulated hubs, running hosts, Azurite."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import pytest

from devstack.functions_host.simulation import Simulation
from devstack.functions_host.testing import (
    DEADLINE_SECONDS,
    RunningHost,
    free_port,
    listens,
    until,
)

APPS = Path(__file__).parent / "apps"

#: The account that every Azurite has; its key is public.
_ACCOUNT = "devstoreaccount1"
_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


@pytest.fixture
def hub() -> Callable[..., Simulation]:
    """Make a simulated hub of orchestrator generators and activities."""

    def make(*orchestrators: Callable[..., Any], **options: Any) -> Simulation:
        activities = options.pop("activities", {})
        handles = {o.__name__: df.Orchestrator.create(o) for o in orchestrators}
        return Simulation(handles, activities, **options)

    return make


@pytest.fixture
def host_of(tmp_path: Path) -> Iterator[Callable[..., RunningHost]]:
    """Start hosts that end with the test."""
    running: list[RunningHost] = []

    def start(app: str | Path, *arguments: str, **environment: str) -> RunningHost:
        folder = APPS / app if isinstance(app, str) else app
        state = tmp_path / f"state-{len(running)}.sqlite"
        running.append(RunningHost(folder, state, list(arguments), environment))
        running[-1].start()
        return running[-1]

    yield start
    for host in running:
        host.end()


@pytest.fixture(scope="session")
def basics(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    """One host with the app ``basics``, for all tests that do not stop it."""
    state = tmp_path_factory.mktemp("basics") / "state.sqlite"
    host = RunningHost(APPS / "basics", state, environment={"OFTEN": "* * * * * *"})
    host.start()
    yield host
    host.end()


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run Azurite in memory on free ports; the value is its connection string."""
    installed = Path(sys.prefix) / "azurite/node_modules/azurite/dist/src/azurite.js"
    script = os.environ.get("DOCFLOW_AZURITE_JS") or str(installed)
    node = shutil.which("node")
    if not Path(script).is_file() or node is None:
        pytest.fail(
            f"Azurite is not installed at {script}, or there is no node on PATH. Run the tests "
            "with `python3 dev.py test`, or point DOCFLOW_AZURITE_JS to its azurite.js."
        )
    blobs, queues, tables = free_port(), free_port(), free_port()
    process = subprocess.Popen(
        [
            *(node, script, "--silent", "--disableTelemetry", "--skipApiVersionCheck"),
            "--inMemoryPersistence",
            *(f"--blobPort={blobs}", f"--queuePort={queues}", f"--tablePort={tables}"),
        ],
        cwd=tmp_path_factory.mktemp("azurite"),
    )
    try:
        until(lambda: listens(blobs) and listens(queues), "Azurite to listen")
        yield (
            f"DefaultEndpointsProtocol=http;AccountName={_ACCOUNT};AccountKey={_KEY};"
            f"BlobEndpoint=http://127.0.0.1:{blobs}/{_ACCOUNT};"
            f"QueueEndpoint=http://127.0.0.1:{queues}/{_ACCOUNT};"
        )
    finally:
        process.terminate()
        process.wait(DEADLINE_SECONDS)
