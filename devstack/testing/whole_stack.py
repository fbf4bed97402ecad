"""The whole local stack for a test: with ports, a folder and settings of its own."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import requests
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from devstack.client.app import App, Document
from devstack.environment.root import ROOT
from devstack.environment.setup import ensure_environment
from devstack.environment.tools import Environment
from devstack.stack.app_settings import app_settings
from devstack.stack.config import Ports, StackConfig, free_ports
from devstack.stack.engine import choose_engine, engine_in_use
from devstack.stack.errors import StackError
from devstack.stack.interruption import Interruption
from devstack.stack.programs import local_programs
from devstack.stack.running import Stack
from docflow.contracts import PROCESSED_QUEUE, Container, document_id_for

TIMEOUT_SECONDS = {"local": 90.0, "func": 180.0}
"""How long a step of a document may take, by engine: the real one looks for uploads and messages
at intervals of seconds and tens of seconds."""

GOES_ON_SECONDS = {"local": 30.0, "func": 120.0}
"""How long after the death of its host a document may stand still, by engine. The stand-in goes on
at once; in Azure, messages that were taken become visible again after a minute (`host.json`), and
the next host waits for the leases of the dead one, which last a minute too."""

MANAGEMENT = "/runtime/webhooks/durabletask"

Json = dict[str, Any]

QUICK = {
    "RETRY_ATTEMPTS": "3",
    "RETRY_FIRST_SECONDS": "0.2",
    "RETRY_MAX_SECONDS": "1",
    "APPROVAL_TIMEOUT_SECONDS": "600",
    "JIRA_SEARCH_LAG_SECONDS": "2",
}
"""Settings for tests: failures are given up soon, nothing expires by itself."""


class WholeStack:
    """A running stack, as a user sees it."""

    def __init__(self, stack: Stack, ports: Ports, engine: str) -> None:
        self._stack = stack
        self.ports = ports
        self.engine = engine
        self.patience = TIMEOUT_SECONDS[engine]
        self.app = App(ports.app_url)
        self.blobs = BlobServiceClient.from_connection_string(ports.storage)
        self.queues = QueueServiceClient.from_connection_string(ports.storage)

    # documents

    def drop(self, name: str, content: bytes) -> str:
        """Upload a file to `incoming` and return the id of the document that it becomes."""
        blob = self.blobs.get_blob_client(Container.INCOMING.value, name)
        etag = blob.upload_blob(content, overwrite=True)["etag"]
        return document_id_for(Container.INCOMING.value, name, etag)

    def find(self, document_id: str) -> Document | None:
        """Return a document as it stands; None also while the host is down."""
        try:
            return self.app.document_if_known(document_id)
        except StackError:
            return None

    def until(
        self,
        document_id: str,
        reached: Callable[[Document], bool],
        seconds: float | None = None,
    ) -> Document:
        """Wait until a document is as wanted."""
        seconds = self.patience if seconds is None else seconds
        deadline = time.monotonic() + seconds
        document: Document | None = None
        while time.monotonic() < deadline:
            document = self.find(document_id)
            if document is not None and reached(document):
                return document
            time.sleep(0.1)
        raise AssertionError(f"{document_id} is not as wanted after {seconds:.0f} s: {document}")

    def ended(self, document_id: str, seconds: float | None = None) -> Json:
        """Wait for the end of a document and return its record."""
        self.until(document_id, lambda document: document.is_at_end, seconds)
        return self.app.result(document_id)

    def waiting(self, document_id: str) -> Document:
        """Wait until a document waits for a decision."""
        return self.until(document_id, lambda document: document.is_waiting)

    def get(self, path: str, **query: str) -> requests.Response:
        """Send a GET to the app."""
        return requests.get(f"{self.ports.app_url}{path}", params=query, timeout=30)

    def post(self, path: str, **arguments: Any) -> requests.Response:  # noqa: ANN401
        """Send a POST to the app."""
        return requests.post(f"{self.ports.app_url}{path}", timeout=30, **arguments)

    def raise_event(self, document_id: str, body: object) -> requests.Response:
        """Send an `ApprovalDecision` through the durable HTTP event API."""
        return self.post(self.app.event_path(document_id), json=body)

    def instances(self) -> list[Json]:
        """Return all instances of the task hub, sub-orchestrations included."""
        response = self.get(f"{MANAGEMENT}/instances", top="1000")
        response.raise_for_status()
        return list(response.json())

    def instance(self, instance_id: str) -> Json:
        """Return all that the management API tells of an instance, its history included."""
        shown = {"showInput": "true", "showHistory": "true", "showHistoryOutput": "true"}
        response = self.get(f"{MANAGEMENT}/instances/{quote(instance_id, safe='')}", **shown)
        response.raise_for_status()
        return dict(response.json())

    def settle(self) -> None:
        """Wait until no instance runs any more: some steps follow the end of a document."""
        deadline = time.monotonic() + self.patience
        while any(i["runtimeStatus"] in {"Pending", "Running"} for i in self.instances()):
            if time.monotonic() > deadline:
                raise AssertionError("instances still run")
            time.sleep(0.1)

    # what the outside got

    def stats(self) -> Json:
        """Return what the stand-in services counted."""
        return dict(self._control("GET", "stats").json())

    def faults(self, faults: Mapping[str, Mapping[str, Any]]) -> None:
        """Make the stand-in services fail."""
        self._control("POST", "faults", json=faults)

    def heal(self) -> None:
        """Let the stand-in services work again, as at their start."""
        self._control("DELETE", "faults")
        self._control("DELETE", "jira")

    def ticket_desk_is(self, **behaviour: object) -> None:
        """Let the stand-in ticket desk behave as Jira may."""
        self._control("POST", "jira", json=behaviour)

    def issues(self) -> list[Json]:
        """Return all issues in the stand-in ticket desk."""
        response = requests.get(
            f"{self.ports.services_url}/rest/api/2/search",
            params={"jql": 'project = "DOC"', "maxResults": "1000"},
            auth=("tester", "key"),
            timeout=30,
        )
        response.raise_for_status()
        return list(response.json()["issues"])

    def received(self) -> list[Json]:
        """Return all notifications that the stand-in webhook receiver got."""
        response = requests.get(f"{self.ports.services_url}/webhook", timeout=30)
        response.raise_for_status()
        return list(response.json()["webhooks"])

    def messages(self) -> list[str]:
        """Return the messages that wait on the queue `document-processed`, as sent."""
        queue = self.queues.get_queue_client(PROCESSED_QUEUE)
        return [message.content for message in queue.peek_messages(max_messages=32)]

    def blob_names(self, container: Container, prefix: str = "") -> list[str]:
        """Return the names of blobs under a prefix."""
        client = self.blobs.get_container_client(container.value)
        return list(client.list_blob_names(name_starts_with=prefix))

    def read_blob(self, container: Container, name: str) -> bytes:
        """Return the content of a blob."""
        blob = self.blobs.get_blob_client(container.value, name)
        return blob.download_blob().readall()

    @property
    def storage_log(self) -> Path:
        """Return the log of the storage emulator."""
        return self._stack.config.storage_log

    # the host

    def kill_host(self) -> None:
        """End the Functions host without a chance to clean up, and start it again."""
        self.stop_host()
        self.start_host()

    def stop_host(self) -> None:
        """End the Functions host, and what it started, without a chance to clean up."""
        child = self._stack.child("functions")
        os.killpg(child.pid, signal.SIGKILL)
        while child.exit_code is None:
            time.sleep(0.01)

    def start_host(self) -> None:
        """Start the Functions host that was stopped."""
        self._stack.supervise()

    def use_key(self, which: Literal["master", "host"]) -> str:
        """Ask the app with a key from now on, and return it; see the parameter `keys`.

        The master key opens everything, the host key all functions.
        """
        file = self._stack.config.host_state.with_name("functions-host.keys.json")
        key = str(json.loads(file.read_text(encoding="utf-8"))[which])
        self.app = App(self.ports.app_url, key)
        return key

    def host_pid(self) -> int:
        """Return the process of the Functions host, in which the app runs."""
        return self._stack.child("functions").pid

    def _control(self, method: str, what: str, **arguments: Any) -> requests.Response:  # noqa: ANN401
        address = f"{self.ports.services_url}/_control/{what}"
        response = requests.request(method, address, timeout=30, **arguments)
        response.raise_for_status()
        return response


@contextmanager
def whole_stack(
    folder: Path,
    settings: Mapping[str, str] = QUICK,
    *,
    record: Path | None = None,
    keys: bool = False,
    engine: str | None = None,
    app: Path = ROOT,
    storage_access_log: bool = False,
) -> Iterator[WholeStack]:
    """Start a stack with its state in a folder, and end it with the block.

    Its Functions host is the one that is named, else the one that `DOCFLOW_ENGINE` chooses, by
    default the stand-in.

    Args:
        folder: Where everything is kept.
        settings: Settings of the app.
        record: Where the stand-in host writes the histories of all instances; the real one writes
            none.
        keys: Whether the stand-in host asks for keys, as a host in Azure does.
        engine: `func` or `local`.
        app: The folder of the app, where it is not the one of this checkout.
        storage_access_log: Whether `WholeStack.storage_log` gets a line for each request.
    """
    ports = Ports(*free_ports(6))
    engine = choose_engine(engine, os.environ) if engine else engine_in_use()
    config = StackConfig(ports, folder, engine, app=app, storage_access_log=storage_access_log)
    given = {**app_settings(config, {}, stand_ins_only=True), **settings}
    programs = local_programs(config, _tools(), given)
    options = ["--keys"] if keys else []
    options += [] if record is None else ["--record", str(record)]
    if options:
        if engine != "local":
            raise StackError(
                "Only the stand-in host records histories and asks for keys: --engine local"
            )
        host = replace(programs.host, command=[*programs.host.command, *options])
        programs = replace(programs, host=host)
    with Interruption() as interruption:
        stack = Stack(
            config, programs, interruption=interruption, tell=lambda _: None, most_restarts=1_000
        )
        with stack:
            yield WholeStack(stack, ports, engine)


def history_bytes(recorded: Path) -> int:
    """Add up the histories that a stack recorded into a folder, as the app got them last."""
    recordings = [json.loads(file.read_text(encoding="utf-8")) for file in recorded.glob("*.json")]
    histories = [json.dumps(each["context"]["history"]) for each in recordings]
    return sum(len(history.encode()) for history in histories)


def _tools() -> Environment:
    """Return the tools that this Python came with, else those of the checkout."""
    tools = ensure_environment()
    if not tools.azurite_js.exists():
        raise AssertionError(f"Azurite is not installed for {sys.executable}: run dev.py test")
    return tools
