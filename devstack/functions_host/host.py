"""Puts the parts together and runs them until a signal asks for the end."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from devstack.functions_host.app.indexing import App
from devstack.functions_host.app.invocation import Invoker, thread_pool
from devstack.functions_host.hub.client import TaskHubClient
from devstack.functions_host.hub.live import AppWorld, TaskHub
from devstack.functions_host.hub.recording import Recording
from devstack.functions_host.hub.store import Store
from devstack.functions_host.settings import Cors, HostSettings
from devstack.functions_host.triggers.listeners import Triggers
from devstack.functions_host.web.addresses import Addresses
from devstack.functions_host.web.keys import Keys
from devstack.functions_host.web.management import Management
from devstack.functions_host.web.server import WebHost, listen, listen_for_rpc

log = logging.getLogger(__name__)

#: How long running functions may take to end after a stop signal, in seconds.
GRACE_SECONDS = 3.0


class PortTakenError(Exception):
    """The host's port is in use."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says."""

    folder: Path
    port: int = 7071
    rpc_port: int = 17071
    state: Path = Path("functions-host.sqlite")
    scan_interval: float = 10.0
    ask_for_keys: bool = False
    record: Path | None = None
    cors: Cors | None = None


@dataclass(slots=True)
class Host:
    """A running host. ``restart`` tells the caller to start the whole process again."""

    app: App
    settings: HostSettings
    store: Store
    options: Options
    restart: bool = False
    _ended: asyncio.Event = field(default_factory=asyncio.Event)
    _addresses: Addresses = field(default_factory=lambda: Addresses("", "", "", ""))

    async def run(self, announce: Callable[[WebHost], None]) -> None:
        """Serve until a signal arrives or a function runs out of time.

        Raises:
            PortTakenError: The port is in use.
        """
        keys = Keys.unchecked()
        if self.options.ask_for_keys:
            path = self.options.state.with_name("functions-host.keys.json")
            keys = Keys.load(path, list(self.app.functions))
        invoker = Invoker(
            thread_pool(),
            self.settings.function_timeout,
            lambda binding: self._addresses.client_binding(binding),
            self._restart_process,
        )
        recorder = Recording(self.options.record).write if self.options.record else None
        world = AppWorld(self.app, invoker, self.settings)
        hub = TaskHub(self.store, world, invoker, self.settings, recorder)
        client = TaskHubClient(
            self.store,
            self.app.orchestrator_names,
            self.settings,
            hub.announce,
            lambda: datetime.now(UTC),
        )
        management = Management(client, self.store, lambda: self._addresses)
        await self._serve(hub, invoker, management, keys, announce)

    async def _serve(
        self,
        hub: TaskHub,
        invoker: Invoker,
        management: Management,
        keys: Keys,
        announce: Callable[[WebHost], None],
    ) -> None:
        triggers = Triggers(
            self.app,
            self.settings,
            self.store,
            invoker,
            self.options.scan_interval,
        )
        web_host = WebHost(
            self.app,
            invoker,
            self.settings,
            management,
            keys,
            triggers.blob_webhook,
            triggers.start_by_hand,
            self.options.cors,
        )
        rpc, rpc_port = await listen_for_rpc(management, self.options.rpc_port)
        self._addresses = Addresses(
            f"http://localhost:{self.options.port}",
            f"http://127.0.0.1:{rpc_port}/durabletask/",
            self.settings.hub_name,
            keys.systems.get("durabletask_extension", ""),
        )
        try:
            runner = await self._listen(web_host)
        except PortTakenError:
            await rpc.cleanup()
            raise
        self._catch_signals()
        await hub.start()
        triggers.start()
        announce(web_host)
        try:
            await self._ended.wait()
        finally:
            log.info("Stopping")
            grace = 0.0 if self.restart else GRACE_SECONDS
            await triggers.stop(grace)
            await hub.stop(grace)
            await runner.cleanup()
            await rpc.cleanup()
            await _close_client_session()
            invoker.pool.shutdown(wait=False, cancel_futures=True)

    async def _listen(self, web_host: WebHost) -> web.AppRunner:
        try:
            return await listen(web_host.server(), "127.0.0.1", self.options.port)
        except OSError as error:
            raise PortTakenError(
                f"Port {self.options.port} is unavailable. Close the process using that port, or "
                "specify another port using --port [-p]."
            ) from error

    def _catch_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            if sys.platform == "win32":
                signal.signal(number, lambda *_: loop.call_soon_threadsafe(self._ended.set))
            else:
                loop.add_signal_handler(number, self._ended.set)

    def _restart_process(self) -> None:
        """Start afresh, as the real host restarts the worker after a timeout."""
        log.error("A function ran out of time: the host starts again")
        self.restart = True
        self._ended.set()


async def _close_client_session() -> None:
    """Close the SDK's shared session; it has no hook for the end of the process."""
    http_utils = sys.modules.get("azure.durable_functions.models.utils.http_utils")
    if http_utils is not None:
        await http_utils._close_session()
