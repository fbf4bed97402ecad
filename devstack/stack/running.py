"""The whole local stack: Azurite, the stand-in services and the app on a Functions host."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import requests

from devstack.environment.file_lock import FileLock
from devstack.stack import watchdog
from devstack.stack.config import (
    LOCAL_DIR_VARIABLE,
    StackConfig,
    check_ports,
    is_open,
    ports_are_free,
)
from devstack.stack.errors import StackError
from devstack.stack.interruption import Interruption
from devstack.stack.processes import Child, Processes, Program
from devstack.stack.programs import Programs, services_temporary
from devstack.stack.record import StackRecord, has_record, remove_record
from docflow.contracts import Container

_START_SECONDS = 60.0
_POLL_SECONDS = 0.1
# A little longer than the watchdog takes to end what does not listen.
_KILLED_STACK_SECONDS = watchdog.FIRST_WAIT_SECONDS + watchdog.GRACE_SECONDS + 1
# A host that ends more often than this within the window is not going to recover.
_MOST_RESTARTS = 5
_RESTART_WINDOW_SECONDS = 60.0
# What `reset` deletes: by name, since a user may point the folder at anything.
_STATE = ("azurite", "logs", "tmp", "functions-host*", "stack.json")


class Stack:
    """A stack: started in the order of need, supervised, and ended with all that it started."""

    def __init__(
        self,
        config: StackConfig,
        programs: Programs,
        *,
        interruption: Interruption,
        tell: Callable[[str], None],
        fresh: bool = False,
        most_restarts: int = _MOST_RESTARTS,
    ) -> None:
        self.config = config
        self._most_restarts = most_restarts
        self._fresh = fresh
        self._programs = programs
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
            self._wait_for_killed_stack()
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

    def child(self, name: str) -> Child:
        """Return one of its programs, by the name of its log."""
        return self._running[name]

    def supervise(self) -> None:
        """Start the host again where it ended; to be called every now and then.

        Nothing is lost by that: the host's state is on disk. The storage and the stand-ins are not
        expected to die, so where one does the stack ends.
        """
        for child in self._running.values():
            if child.exit_code is None:
                continue
            if child.program is not self._programs.host:
                raise StackError(child.describe_end())
            self._restart(child)
            return

    def _wait_for_killed_stack(self) -> None:
        """Wait for the programs of a stack that was killed: its watchdog is ending them."""
        if not has_record(self.config.local):
            return
        deadline = time.monotonic() + _KILLED_STACK_SECONDS
        while not ports_are_free(self.config.ports) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        remove_record(self.config.local)

    def _start(self) -> None:
        # The first two don't need each other; the host needs both.
        storage = self._launch(self._programs.storage)
        _empty(services_temporary(self.config))
        services = self._launch(self._programs.services)
        self._await_storage(storage)
        self._tell_ready(storage)
        self._await_services(services)
        self._tell_ready(services)
        host = self._launch(self._programs.host)
        self._await_host(host)
        self._tell_ready(host)
        self._write_record()

    def _tell_ready(self, child: Child) -> None:
        self._tell(f"  {child.program.title:<32}{time.monotonic() - child.started:6.1f} s")

    def _await_storage(self, storage: Child) -> None:
        ports = self.config.ports
        listening = (ports.blob, ports.queue, ports.table)
        self._processes.wait_until(
            storage,
            lambda: all(is_open(port) for port in listening),
            seconds=_START_SECONDS,
            wanted="its three ports are to be open",
        )
        create_containers(ports.storage)

    def _await_services(self, services: Child) -> None:
        self._wait_for(services, f"{self.config.ports.services_url}/_control/health")

    def _await_host(self, host: Child) -> None:
        address = self.config.ports.app_url
        # Both answer without a key, whoever asks for keys; `/admin/host/status` does not.
        self._wait_for(host, f"{address}/admin/host/ping")
        self._wait_for(host, f"{address}/api/health")

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
        if len(self._restarts) >= self._most_restarts:
            raise StackError(f"It ended {len(self._restarts) + 1} times.\n{child.describe_end()}")
        self._restarts.append(now)
        title = child.program.title
        self._tell(f"The {title} ended with exit code {child.exit_code}; starting it again.")
        self._launch(child.program)
        self._write_record()

    def _write_record(self) -> None:
        pids = {name: child.pid for name, child in self._running.items()}
        record = StackRecord(self.config.ports, {"dev.py": os.getpid(), **pids})
        record.write(self.config.local)

    def _end(self) -> None:
        with self._interruption.deferred():
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


def reset(local: Path) -> None:
    """Forget everything a stack has stored."""
    for pattern in _STATE:
        for path in local.glob(pattern):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def _empty(folder: Path) -> None:
    """Delete what programs left in a folder when they were killed."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)


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
