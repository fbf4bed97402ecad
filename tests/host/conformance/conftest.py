"""Fixtures for the conformance suite: simulated hubs, running hosts, Azurite."""

from __future__ import annotations

import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import azure.durable_functions as df
import pytest
import requests

from devstack.functions_host.simulation import Simulation

ROOT = Path(__file__).resolve().parents[3]
APPS = Path(__file__).parent / "apps"
DEADLINE_SECONDS = 20.0

T = TypeVar("T")
Make = Callable[..., Simulation]


@pytest.fixture
def hub() -> Make:
    """Make a simulated hub of orchestrator generators and activities."""

    def make(*orchestrators: Callable[..., Any], **options: Any) -> Simulation:
        activities = options.pop("activities", {})
        handles = {o.__name__: df.Orchestrator.create(o) for o in orchestrators}
        return Simulation(handles, activities, **options)

    return make


@dataclass
class RunningHost:
    """A host in a process of its own."""

    app: Path
    port: int
    state: Path
    arguments: list[str]
    environment: dict[str, str]
    lines: list[str] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start the process and wait until it serves."""
        command = [sys.executable, "-m", "devstack.functions_host", "--app", str(self.app)]
        self.process = subprocess.Popen(
            [
                *command,
                f"--port={self.port}",
                f"--rpc-port={free_port()}",
                f"--state={self.state}",
                *self.arguments,
            ],
            env={**os.environ, "PYTHONPATH": str(ROOT), **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, args=(self.process, lines), daemon=True).start()
        end = time.monotonic() + DEADLINE_SECONDS
        while True:
            line = lines.get(timeout=max(0.1, end - time.monotonic()))
            if line is None:
                raise AssertionError("the host ended early:\n" + "".join(self.lines))
            if line.startswith("Host ready"):
                return

    def _read(self, process: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.lines.append(line)
            lines.put(line)
        lines.put(None)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(DEADLINE_SECONDS)
        self.process = None
        return code

    def url(self, path: str) -> str:
        """Return an address on this host."""
        return f"http://127.0.0.1:{self.port}/{path}"

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send a request."""
        return requests.request(method, self.url(path), timeout=DEADLINE_SECONDS, **options)

    def durable(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send a request to the management API."""
        return self.call(method, f"runtime/webhooks/durabletask/{path}", **options)

    def begin(self, orchestrator: str, value: Any = None, instance_id: str = "") -> str:
        """Start an instance over HTTP and return its id."""
        path = f"orchestrators/{orchestrator}" + (f"/{instance_id}" if instance_id else "")
        answer = self.durable("POST", path, json=value)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def wait(self, instance_id: str, *statuses: str) -> dict[str, Any]:
        """Wait until an instance has one of the statuses (default: has ended)."""
        wanted = statuses or ("Completed", "Failed", "Terminated")

        def reached() -> dict[str, Any] | None:
            answer = self.durable("GET", f"instances/{instance_id}")
            found: dict[str, Any] = answer.json() if answer.content else {}
            return found if found.get("runtimeStatus") in wanted else None

        found = until(reached, f"{instance_id} to be {wanted}")
        assert found is not None
        return found


def until(check: Callable[[], T], what: str) -> T:
    """Poll until a check returns something true."""
    end = time.monotonic() + DEADLINE_SECONDS
    while True:
        found = check()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain for {what}")
        time.sleep(0.02)


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


Launch = Callable[..., RunningHost]


def _launcher(folder: Path, running: list[RunningHost]) -> Launch:
    def launch(
        app: str | Path, *arguments: str, state: Path | None = None, **environment: str
    ) -> RunningHost:
        host = RunningHost(
            APPS / app if isinstance(app, str) else app,
            free_port(),
            state or folder / f"state-{len(running)}.sqlite",
            list(arguments),
            environment,
        )
        running.append(host)
        host.start()
        return host

    return launch


def _end(running: list[RunningHost]) -> None:
    for host in running:
        if host.process is not None:
            host.process.kill()
            host.process.wait(DEADLINE_SECONDS)


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launch]:
    """Start hosts that end with the test."""
    running: list[RunningHost] = []
    yield _launcher(tmp_path, running)
    _end(running)


@pytest.fixture(scope="session")
def basics(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    """One host with the app ``basics``, shared by all tests that do not stop it."""
    running: list[RunningHost] = []
    yield _launcher(tmp_path_factory.mktemp("basics"), running)("basics")
    _end(running)


@dataclass(frozen=True)
class Azurite:
    """A running Azurite."""

    connection: str
    blob_port: int


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """Azurite in memory, on free ports."""
    script = os.environ.get("DOCFLOW_AZURITE_JS") or str(
        Path(sys.prefix) / "azurite/node_modules/azurite/dist/src/azurite.js"
    )
    node = shutil.which("node")
    if not Path(script).is_file() or node is None:
        pytest.fail(
            f"Azurite is not installed at {script} (or node is missing): run the tests with "
            "`python3 dev.py test`, or set DOCFLOW_AZURITE_JS."
        )
    blob, tables, messages = free_port(), free_port(), free_port()
    process = subprocess.Popen(
        [
            node,
            script,
            *("--silent", "--disableTelemetry", "--skipApiVersionCheck", "--inMemoryPersistence"),
            *(f"--blobPort={blob}", f"--queuePort={messages}", f"--tablePort={tables}"),
        ],
        cwd=tmp_path_factory.mktemp("azurite"),
    )
    until(lambda: _listens(blob) and _listens(messages), "Azurite to listen")
    key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
    account = "http://127.0.0.1:{}/devstoreaccount1"
    yield Azurite(
        f"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={key};"
        f"BlobEndpoint={account.format(blob)};QueueEndpoint={account.format(messages)};",
        blob,
    )
    process.terminate()
    process.wait(DEADLINE_SECONDS)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0
