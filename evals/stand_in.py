"""The stand-in for the model, served by this process over HTTP while documents are judged."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from aiohttp import web

from devstack.services.controls.operations import ControlState
from devstack.services.model.chat_completions import BODY_LIMIT_BYTES, ChatCompletions

NAME = "stand-in"
HOST = "127.0.0.1"


@contextmanager
def running_stand_in() -> Iterator[str]:
    """Serve the stand-in on a free port; the value is its address."""
    server = _Server()
    thread = Thread(target=server.run, name=NAME, daemon=True)
    thread.start()
    try:
        yield server.address()
    finally:
        server.stop()
        thread.join()


class _Server:
    """An event loop in a thread of its own, which serves until it is stopped."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._ready = Event()
        self._stopped = asyncio.Event()
        self._port = 0

    def run(self) -> None:
        """Serve until `stop`."""
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._ready.set()
            self._loop.close()

    def address(self) -> str:
        """Return the address, once the server listens.

        Raises:
            OSError: no port could be opened.
        """
        self._ready.wait()
        if not self._port:
            raise OSError("the stand-in for the model could not listen on a port")
        return f"http://{HOST}:{self._port}"

    def stop(self) -> None:
        """End `run`."""
        self._loop.call_soon_threadsafe(self._stopped.set)

    async def _serve(self) -> None:
        app = web.Application(client_max_size=BODY_LIMIT_BYTES)
        app.add_routes(ChatCompletions(ControlState()).routes())
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, HOST, 0)
        await site.start()
        self._port = runner.addresses[0][1]
        self._ready.set()
        await self._stopped.wait()
        await runner.cleanup()
