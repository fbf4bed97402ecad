"""The whole local stack: Azurite, the stand-in services and the app on a Functions host."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import requests

from devstack.bootstrap import Environment
from devstack.file_lock import FileLock
from devstack.place import ROOT
from devstack.stack.app_settings import app_settings
from devstack.stack.config import LOCAL_DIR_VARIABLE, StackConfig, check_ports, is_free
from devstack.stack.errors import StackError
from devstack.stack.interruption import Interruption
from devstack.stack.processes import Child, Processes, Program, with_first_on_path
from devstack.stack.record import StackRecord, remove_record
from docflow.contracts import Container

_START_SECONDS = 60.0
# A host that ends more often than this within the window is not going to recover.
_MOST_RESTARTS = 5
_RESTART_WINDOW_SECONDS = 60.0
# What `reset` deletes: by name, since a user may point the folder at anything.
_STATE = ("azurite", "logs", "functions-host*", "stack.json")


class Stack:
    """Starts in the order of need, watches, and ends everything it started."""

    def __init__(
        self,
        config: StackConfig,
        environment: Environment,
        chosen: Mapping[str, str],
        *,
        interruption: Interruption,
        tell: Callable[[str], None],
        stand_ins_only: bool = False,
        fresh: bool = False,
    ) -> None:
        self.config = config
        self._fresh = fresh
        self._tools = environment
        settings = app_settings(config.ports, chosen, stand_ins_only=stand_ins_only)
        self._app_environment = _for_python(environment, settings)
        self.engine = choose_engine(config.engine)
        self._tell = tell
        self._interruption = interruption
        self._processes = Processes(config.logs, interruption)
        self._running: dict[str, Child] = {}
        self._restarts: list[float] = []
        self._lock = FileLock(config.local / "stack.lock")

    def __enter__(self) -> Self:
        config = self.config
        if not self._lock.acquire(wait=False):
            raise StackError(
                f"Another stack keeps its state in {config.local}.\n"
                f"Stop that one first, or set {LOCAL_DIR_VARIABLE} to another folder."
            )
        try:
            check_ports(config.ports)
            if self._fresh:
                reset(config.local)
            self._start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def supervise(self) -> None:
        """To be called again and again: start the host anew where it died.

        Nothing is lost by that: the host's state is on disk. The storage and the stand-ins are not
        expected to die, so where one does the stack ends.
        """
        for name, child in self._running.items():
            if child.exit_code is None:
                continue
            if name != "functions":
                raise StackError(child.last_words())
            self._restart(child)
            return

    def _start(self) -> None:
        azurite = self._launch(_azurite(self.config, self._tools))
        services = self._launch(_services(self.config, self._tools))
        self._timed("Azurite", lambda: self._await_storage(azurite))
        self._timed("stand-in services", lambda: self._await_services(services))
        self._timed(_ENGINE_TITLES[self.engine], self._start_host)
        self._write_record()

    def _timed(self, title: str, step: Callable[[], None]) -> None:
        started = time.monotonic()
        step()
        self._tell(f"  {title:<32}{time.monotonic() - started:6.1f} s")

    def _await_storage(self, azurite: Child) -> None:
        ports = self.config.ports
        listening = (ports.blob, ports.queue, ports.table)
        self._processes.wait_until(
            azurite,
            lambda: not any(is_free(port) for port in listening),
            seconds=_START_SECONDS,
            wanted="its three ports are to be open",
        )
        create_containers(ports.storage)

    def _await_services(self, services: Child) -> None:
        self._wait_for(services, f"{self.config.ports.services_url}/_control/health")

    def _start_host(self) -> None:
        host = self._launch(self._host())
        address = self.config.ports.app_url
        self._wait_for(host, f"{address}/admin/host/status")
        self._wait_for(host, f"{address}/api/health")

    def _host(self) -> Program:
        make = _core_tools if self.engine == "func" else _stand_in_host
        return make(self.config, self._tools, self._app_environment)

    def _launch(self, program: Program) -> Child:
        child = self._processes.start(program)
        self._running[program.name] = child
        return child

    def _wait_for(self, child: Child, address: str) -> None:
        answer = Answer(address)
        try:
            self._processes.wait_until(
                child, answer.is_good, seconds=_START_SECONDS, wanted=f"GET {address}"
            )
        except StackError as error:
            raise StackError(f"{error}\n{answer.seen}".rstrip()) from None

    def _restart(self, child: Child) -> None:
        now = time.monotonic()
        self._restarts = [at for at in self._restarts if now - at < _RESTART_WINDOW_SECONDS]
        if len(self._restarts) >= _MOST_RESTARTS:
            raise StackError(f"It ended {len(self._restarts) + 1} times.\n{child.last_words()}")
        self._restarts.append(now)
        title = child.program.title
        self._tell(f"The {title} ended with exit code {child.exit_code}; starting it again.")
        self._launch(child.program)
        self._write_record()

    def _write_record(self) -> None:
        pids = {name: child.pid for name, child in self._running.items()}
        record = StackRecord(self.engine, self.config.ports, {"dev.py": os.getpid(), **pids})
        record.write(self.config.local)

    def _end(self) -> None:
        self._interruption.ignore()
        remove_record(self.config.local)
        self._processes.end()
        self._lock.release()


class Answer:
    """The answer at an address, for as long as it takes to become a good one."""

    def __init__(self, address: str) -> None:
        self._address = address
        self.seen = ""

    def is_good(self) -> bool:
        """Ask once."""
        try:
            response = requests.get(self._address, timeout=10)
        except requests.RequestException:
            return False
        self.seen = f"It answers {response.status_code}: {response.text[:500]}"
        return response.ok


_ENGINE_TITLES = {"func": "Azure Functions Core Tools", "local": "stand-in Functions host"}


def choose_engine(wanted: str) -> str:
    """`func` or `local`, from what was asked for and what is there."""
    present = shutil.which("func") is not None
    if wanted == "func" and not present:
        raise StackError(
            "Azure Functions Core Tools (func) are not on the PATH.\n"
            "Install them, or use the stand-in host: --engine local"
        )
    if wanted == "auto":
        return "func" if present else "local"
    return wanted


def reset(local: Path) -> None:
    """Forget everything a stack has stored."""
    for pattern in _STATE:
        for path in local.glob(pattern):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def create_containers(storage: str) -> None:
    """Make the containers that users drop files into, before anything looks for them."""
    from azure.core.exceptions import ResourceExistsError
    from azure.storage.blob import BlobServiceClient

    with BlobServiceClient.from_connection_string(storage) as blobs:
        for container in Container:
            try:
                blobs.create_container(container.value)
            except ResourceExistsError:
                continue


def azurite_command(tools: Environment, ports: Mapping[str, int], location: Path) -> list[str]:
    """Azurite on disk.

    The SDKs are newer than the versions it knows, and telemetry is on unless told otherwise.
    """
    options = ["--silent", "--skipApiVersionCheck", "--disableTelemetry"]
    listening = [text for kind, port in ports.items() for text in (f"--{kind}Port", str(port))]
    place = ["--location", str(location)]
    return [str(tools.node), str(tools.azurite_js), *place, *options, *listening]


def _azurite(config: StackConfig, tools: Environment) -> Program:
    ports = {"blob": config.ports.blob, "queue": config.ports.queue, "table": config.ports.table}
    location = config.local / "azurite"
    location.mkdir(parents=True, exist_ok=True)
    command = azurite_command(tools, ports, location)
    return Program("azurite", "storage emulator (Azurite)", command, os.environ, location)


def _services(config: StackConfig, tools: Environment) -> Program:
    command = [sys.executable, "-m", "devstack.services", "--port", str(config.ports.services)]
    command += ["--tessdata", str(tools.tessdata)]
    environment = _for_python(tools, {})
    return Program("services", "stand-in services", command, environment, ROOT)


def _stand_in_host(
    config: StackConfig, _tools: Environment, environment: Mapping[str, str]
) -> Program:
    command = [sys.executable, "-m", "devstack.functions_host", "--app", str(ROOT)]
    command += ["--port", str(config.ports.functions), "--rpc-port", str(config.ports.rpc)]
    command += ["--state", str(config.host_state)]
    return Program("functions", _ENGINE_TITLES["local"], command, environment, ROOT)


def _core_tools(config: StackConfig, tools: Environment, environment: Mapping[str, str]) -> Program:
    command = [shutil.which("func") or "func", "start", "--port", str(config.ports.functions)]
    # Core Tools run the app with the first `python` on the path.
    activated = with_first_on_path(environment, tools.python.parent)
    activated["VIRTUAL_ENV"] = str(tools.venv)
    return Program("functions", _ENGINE_TITLES["func"], command, activated, ROOT)


def _for_python(tools: Environment, settings: Mapping[str, str]) -> dict[str, str]:
    """The environment of a Python child: logs appear as they are written."""
    unbuffered = {"PYTHONUNBUFFERED": "1", "DOCFLOW_TESSDATA": str(tools.tessdata)}
    return {**os.environ, **unbuffered, **settings}
