"""The HTTP side of the host: the app's routes, the webhooks and the ``/admin`` endpoints."""

from __future__ import annotations

import json
import logging
import random
import socket
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from devstack.functions_host.app.indexing import App, Function
from devstack.functions_host.app.invocation import CALLED_OVER_HTTP, FunctionFailedError, Invoker
from devstack.functions_host.settings import Cors, HostSettings, disabled
from devstack.functions_host.web.cors import mark, preflight
from devstack.functions_host.web.http_values import HeaderRefusedError, request_value, response_of
from devstack.functions_host.web.keys import SYSTEM_KEYS, Keys
from devstack.functions_host.web.management import Management
from devstack.functions_host.web.routing import Template, without_dots

log = logging.getLogger(__name__)

#: The host's limit for a request body, FUNCTIONS_REQUEST_BODY_SIZE_LIMIT.
MAX_BODY = 104_857_600
HOST_VERSION = "4.1037.0.0"
WEBHOOKS = "runtime/webhooks"

#: Where the durable RPC goes if its usual port is taken, and how often that is tried.
RPC_PORTS = range(30000, 31001)
RPC_TRIES = 10

Webhook = Callable[[web.Request], Awaitable[web.StreamResponse]]
StartByHand = Callable[[Function, str], None]


@dataclass(frozen=True, slots=True)
class Route:
    """An HTTP function at its template."""

    function: Function
    template: Template
    methods: frozenset[str]
    level: str

    @classmethod
    def of(cls, function: Function, prefix: str) -> Route:
        """Read the route of a function from its trigger."""
        settings = function.trigger.settings
        path = f"{prefix}/{settings.get('route', function.name)}".strip("/")
        methods = frozenset(method.upper() for method in settings.get("methods") or ())
        return cls(function, Template(path), methods, settings.get("authLevel", "FUNCTION"))


@dataclass(slots=True)
class WebHost:
    """Answers every request that reaches the host's port."""

    app: App
    invoker: Invoker
    settings: HostSettings
    management: Management
    keys: Keys
    blob_webhook: Webhook
    start_by_hand: StartByHand
    cors: Cors | None = None
    started: float = field(default_factory=time.monotonic)
    _routes: list[Route] = field(default_factory=list)
    _running: int = 0

    def __post_init__(self) -> None:
        # The first route that matches wins, in the order of the names of the functions.
        functions = self.app.triggered_by("httpTrigger")
        for function in sorted(functions, key=lambda found: found.name.upper()):
            if str(function.trigger.settings.get("route", "")).lower().startswith("admin"):
                log.error(
                    "The '%s' function is in error: The specified route conflicts with one or more "
                    "built in routes.",
                    function.name,
                )
                continue
            self._routes.append(Route.of(function, self.settings.route_prefix))

    @property
    def routes(self) -> list[Route]:
        """Return the routes of the app, in the order in which they are tried."""
        return self._routes

    def server(self) -> web.Application:
        """Make the aiohttp application."""
        server = web.Application(client_max_size=MAX_BODY)
        server.router.add_route("*", "/{path:.*}", self.answer)
        return server

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer a request, with the headers that the settings ask for."""
        response: web.StreamResponse | None = preflight(request, self.cors)
        if response is None:
            response = await self._answer(request)
        for name, value in self.settings.custom_headers.items():
            response.headers.setdefault(name, value)
        mark(request, response, self.cors)
        return response

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        """Find who answers a request."""
        whole = without_dots(request.rel_url.raw_path.removeprefix("/"))
        path = whole.removesuffix("/")
        first, _, _ = path.lower().partition("/")
        if any(not segment for segment in path.split("/")) and path:
            return web.Response(status=404)
        if path == "" and not any(r.template.match("") is not None for r in self._routes):
            return web.Response(text="Your Functions host is up and running.")
        if path.lower().startswith(f"{WEBHOOKS}/"):
            return await self._webhook(request, path[len(WEBHOOKS) + 1 :])
        if first == "admin":
            return await self._admin(request, unquote(path)[len("admin/") :])
        return await self._function(request, whole)

    async def _webhook(self, request: web.Request, path: str) -> web.StreamResponse:
        """Answer for an extension, which wants its own key or the master key."""
        name, _, rest = path.partition("/")
        if f"{name.lower()}_extension" not in SYSTEM_KEYS:
            return web.Response(status=404)
        if not self.keys.allow_system(request, f"{name.lower()}_extension"):
            return web.Response(status=401, headers={"WWW-Authenticate": "Bearer"})
        if name.lower() == "durabletask":
            return await self.management.handle(request, rest)
        return await self.blob_webhook(request) if not rest else web.Response(status=404)

    async def _function(self, request: web.Request, path: str) -> web.StreamResponse:
        for route in self._routes:
            if route.methods and request.method not in route.methods:
                continue
            values = route.template.match(path)
            if values is not None:
                return await self._invoke(request, route, path, values)
        return web.Response(status=404)

    async def _invoke(
        self, request: web.Request, route: Route, path: str, values: dict[str, str]
    ) -> web.StreamResponse:
        if disabled(route.function.name):
            return web.Response(status=404)
        if not self.keys.allow_function(request, route.level, route.function.name):
            return web.Response(status=401)
        limit = self.settings.max_outstanding_requests
        if limit is not None and self._running >= limit:
            return web.Response(status=429)
        self._running += 1
        try:
            return await self._response(request, route, path, values)
        except FunctionFailedError:
            return web.Response(status=500)
        except HeaderRefusedError:
            return web.Response(status=400)
        finally:
            self._running -= 1

    async def _response(
        self, request: web.Request, route: Route, path: str, values: dict[str, str]
    ) -> web.StreamResponse:
        try:
            value = await request_value(request, path, values)
        except web.HTTPRequestEntityTooLarge:
            if request.transport is not None:
                request.transport.abort()  # The real host closes the connection.
            raise
        parent = request.headers.get("traceparent", "")
        response: web.Response = await self.invoker.invoke(
            route.function, value, parent, reason=CALLED_OVER_HTTP, encode=response_of
        )
        return response

    async def _admin(self, request: web.Request, path: str) -> web.StreamResponse:
        parts = path.strip("/").lower().split("/")
        if parts == ["host", "ping"]:
            return web.Response()
        if not self.keys.allow_admin(request):
            return web.Response(status=401)
        if parts == ["host", "status"]:
            return web.json_response(self._status())
        if parts == ["host", "synctriggers"] and request.method == "POST":
            return web.json_response({"status": "success"})
        if parts == ["functions"]:
            return web.json_response([self._describe(f) for f in self.app.functions.values()])
        if len(parts) >= 2 and parts[0] == "functions":
            return await self._admin_function(request, path.strip("/").split("/")[1:])
        return web.Response(status=404)

    async def _admin_function(self, request: web.Request, parts: list[str]) -> web.StreamResponse:
        names = {name.lower(): function for name, function in self.app.functions.items()}
        function = names.get(parts[0].lower())
        if function is None:
            return web.Response(status=404)
        if parts[1:] == ["status"]:
            return web.json_response({"isDisabled": disabled(function.name)})
        if len(parts) > 1:
            return web.Response(status=404)
        if request.method == "POST":
            return await self._start_function(request, function)
        return web.json_response(self._describe(function))

    async def _start_function(self, request: web.Request, function: Function) -> web.StreamResponse:
        try:
            content = json.loads(await request.text())
        except ValueError:
            return web.Response(status=400)
        if not isinstance(content, dict):
            return web.Response(status=400)
        given = content.get("input", "")
        self.start_by_hand(function, given if isinstance(given, str) else json.dumps(given))
        return web.Response(status=202)

    def _status(self) -> dict[str, Any]:
        return {
            "id": socket.gethostname().lower(),
            "state": "Running",
            "version": HOST_VERSION,
            "versionDetails": f"{HOST_VERSION} stand-in",
            "platformVersion": "",
            "instanceId": "",
            "computerName": socket.gethostname(),
            "processUptime": int((time.monotonic() - self.started) * 1000),
            "functionAppContentEditingState": "NotAllowed",
            "extensionBundle": {"id": "Microsoft.Azure.Functions.ExtensionBundle"},
        }

    def _describe(self, function: Function) -> dict[str, Any]:
        return {
            "name": function.name,
            "script_root_path_href": None,
            "config": {"bindings": [binding.settings for binding in function.bindings]},
            "language": "python",
            "isDisabled": disabled(function.name),
        }


async def listen(server: web.Application, host: str, port: int) -> web.AppRunner:
    """Serve an application on a port; raises OSError where the port is taken."""
    # As on the real host, a compressed body reaches the function as it came.
    runner = web.AppRunner(server, access_log=None, shutdown_timeout=1.0, auto_decompress=False)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError:
        await runner.cleanup()
        raise
    return runner


async def listen_for_rpc(management: Management, port: int) -> tuple[web.AppRunner, int]:
    """Serve the client's calls on loopback; on another port where the usual one is taken."""
    server = web.Application(client_max_size=2**31)

    async def answer(request: web.Request) -> web.StreamResponse:
        path = request.rel_url.raw_path.strip("/")
        if not path.lower().startswith("durabletask/"):
            return web.Response(status=404)
        return await management.handle(request, path[len("durabletask/") :])

    server.router.add_route("*", "/{path:.*}", answer)
    for candidate in (port, *random.sample(RPC_PORTS, RPC_TRIES)):
        try:
            runner = await listen(server, "127.0.0.1", candidate)
        except OSError:
            log.info("Port %d for the durable RPC is taken; trying another", candidate)
            continue
        return runner, bound_port(runner)
    raise OSError(f"no port for the durable RPC could be opened (first tried: {port})")


def bound_port(runner: web.AppRunner) -> int:
    """Return the port that a server listens on."""
    return int(runner.addresses[0][1])
