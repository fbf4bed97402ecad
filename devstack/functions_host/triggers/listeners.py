"""The triggers that act on their own (timers, blobs), and functions started by hand."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from aiohttp import web

from devstack.functions_host.app.indexing import App, Function
from devstack.functions_host.app.invocation import (
    CALLED_OVER_HTTP,
    FunctionFailedError,
    Invoker,
    Value,
)
from devstack.functions_host.hub.store import Store
from devstack.functions_host.settings import HostSettings, disabled
from devstack.functions_host.triggers.blob_trigger import BlobTriggers
from devstack.functions_host.triggers.timers import TimerTrigger

log = logging.getLogger(__name__)


class Triggers:
    """Starts and stops the listeners of an app."""

    def __init__(
        self,
        app: App,
        settings: HostSettings,
        store: Store,
        invoker: Invoker,
        scan_interval: float,
    ) -> None:
        self._invoker = invoker
        self._tasks: set[asyncio.Task[None]] = set()
        self._timers = {
            function.name: TimerTrigger(function, invoker, store.timers)
            for function in app.triggered_by("timerTrigger")
        }
        self._blobs: BlobTriggers | None = None
        functions = app.triggered_by("blobTrigger")
        if functions:
            self._blobs = BlobTriggers(functions, invoker, store, settings, scan_interval)

    def start(self) -> None:
        """Start listening."""
        for timer in self._timers.values():
            self._spawn(timer.run())
        if self._blobs is not None:
            self._spawn(self._blobs.run())

    async def stop(self, grace: float) -> None:
        """Stop listening and give running functions a moment to end."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._blobs is not None:
            await self._blobs.stop(grace)

    async def blob_webhook(self, request: web.Request) -> web.StreamResponse:
        """Answer Event Grid."""
        if self._blobs is None:
            return web.Response(status=404)
        return await self._blobs.webhook(request)

    def start_by_hand(self, function: Function, text: str) -> None:
        """Run a function with a given trigger value; nobody waits for the result."""
        if disabled(function.name):
            return
        if function.name in self._timers:
            self._spawn(self._timers[function.name].fire(past_due=False, last=None))
        elif function.trigger.type == "blobTrigger" and self._blobs is not None:
            self._blobs.start_by_hand(function, text)
        else:
            self._spawn(self._call(function, text))

    async def _call(self, function: Function, text: str) -> None:
        try:
            if function.trigger.type == "activityTrigger":
                await self._invoker.run_activity(function, text)
            else:
                value = Value.of(text, "string")
                await self._invoker.invoke(function, value, reason=CALLED_OVER_HTTP)
        except FunctionFailedError:
            log.info("%s, started by hand, has failed", function.name)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("A trigger has stopped", exc_info=task.exception())
