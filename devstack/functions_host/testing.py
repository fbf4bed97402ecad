"""For tests that look from outside: a host in a process of its own, and waiting with a deadline."""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import requests

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_SECONDS = 20.0

T = TypeVar("T")


@dataclass
class RunningHost:
    """A host that a test starts, talks to, stops and kills."""

    app: Path
    state: Path
    arguments: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    program: tuple[str, ...] = ("-m", "devstack.functions_host")
    """What the interpreter runs."""
    port: int = 0
    lines: list[str] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None
    _reader: threading.Thread | None = None

    def start(self, *, wait: bool = True) -> None:
        """Start the process and, unless told otherwise, wait until it serves."""
        self.port = self.port or free_port()
        self.process = subprocess.Popen(
            [
                *(sys.executable, *self.program, f"--app={self.app}"),
                *(f"--port={self.port}", f"--rpc-port={free_port()}", f"--state={self.state}"),
                *self.arguments,
            ],
            env={**os.environ, "PYTHONPATH": str(ROOT), **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        lines: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, args=(self.process, lines), daemon=True)
        self._reader.start()
        if not wait:
            return
        try:
            self._await_ready(lines)
        except BaseException:
            self.end()
            raise

    def _await_ready(self, lines: queue.Queue[str | None]) -> None:
        end = time.monotonic() + DEADLINE_SECONDS
        while True:
            line = lines.get(timeout=max(0.1, end - time.monotonic()))
            if line is None:
                raise AssertionError("the host ended early:\n" + self.output)
            if line.startswith("Host ready"):
                return

    def _read(self, process: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
        assert process.stdout is not None
        with process.stdout as stream:
            for line in stream:
                self.lines.append(line)
                lines.put(line)
        lines.put(None)

    @property
    def output(self) -> str:
        """Return what the process has written so far."""
        return "".join(self.lines)

    def exit_code(self) -> int:
        """Wait for the process to end by itself."""
        assert self.process is not None
        code = self.process.wait(DEADLINE_SECONDS)
        self.process = None
        if self._reader is not None:
            self._reader.join(DEADLINE_SECONDS)
        return code

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.exit_code()

    def end(self) -> None:
        """Kill the process if it still runs."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(DEADLINE_SECONDS)
            self.process = None

    def url(self, path: str) -> str:
        """Return an address on this host."""
        return f"http://127.0.0.1:{self.port}/{path}"

    def call(self, method: str, path: str, **options: Any) -> requests.Response:  # noqa: ANN401
        """Send a request."""
        options.setdefault("timeout", DEADLINE_SECONDS)
        return requests.request(method, self.url(path), **options)  # noqa: S113 - set above

    def durable(self, method: str, path: str, **options: Any) -> requests.Response:  # noqa: ANN401
        """Send a request to the management API."""
        return self.call(method, f"runtime/webhooks/durabletask/{path}", **options)

    def begin(self, orchestrator: str, value: object = None, instance_id: str = "") -> str:
        """Start an instance, the input encoded twice as the Python client does; return its id."""
        path = f"orchestrators/{orchestrator}" + (f"/{instance_id}" if instance_id else "")
        body = None if value is None else json.dumps(value)
        answer = self.durable("POST", path, json=body)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def raise_event(self, instance_id: str, name: str, value: object = None) -> int:
        """Raise an event over HTTP and return the status code."""
        path = f"instances/{instance_id}/raiseEvent/{name}"
        return self.durable("POST", path, json=value).status_code

    def status(self, instance_id: str, query: str = "") -> dict[str, Any]:
        """Return the status of an instance; empty where there is none."""
        answer = self.durable("GET", f"instances/{instance_id}{query}")
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found

    def wait(self, instance_id: str, *statuses: str) -> dict[str, Any]:
        """Wait until an instance has one of the statuses (default: has ended)."""
        wanted = statuses or ("Completed", "Failed", "Terminated")

        def reached() -> dict[str, Any] | None:
            found = self.status(instance_id)
            return found if found.get("runtimeStatus") in wanted else None

        return until(reached, f"{instance_id} to be {' or '.join(wanted)}")


def until(check: Callable[[], T | None], what: str) -> T:
    """Poll until a check returns something true.

    Raises:
        AssertionError: The deadline has passed.
    """
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


def listens(port: int) -> bool:
    """Return whether something on this machine listens on a port."""
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0
