"""The app without a host: its HTTP API on fakes, which a test prepares and looks at."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from urllib.parse import quote, unquote

import azure.functions as func
from azure.functions.decorators.http import HttpTrigger

import triggers
from docflow.models.index import IndexEntry
from docflow.models.states import Stage, Status
from docflow.work.folder import WorkFolder
from testkit.examples import DOCUMENT_ID, work_of
from testkit.fakes import START, FixedClock, InMemoryBlobStore, InMemoryIndex, fake_clients
from testkit.orchestrations import InMemoryOrchestrations, Instance

API = "http://127.0.0.1:9/api"
"""The address under which the app answers."""

Body = bytes | Mapping[str, Any]
RouteFunction = Callable[..., Coroutine[Any, Any, func.HttpResponse]]


@dataclass(frozen=True, slots=True)
class Invocation:
    """The context of an invocation, as far as it is looked at."""

    invocation_id: str = "invocation-1"


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response, easy to compare."""

    response: func.HttpResponse

    @property
    def status(self) -> int:
        """Return the status code."""
        return int(self.response.status_code)

    @property
    def type(self) -> str:
        """Return the media type."""
        return str(self.response.mimetype)

    @property
    def headers(self) -> Mapping[str, str]:
        """Return the headers."""
        return dict(self.response.headers)

    @property
    def content(self) -> bytes:
        """Return the body as it was sent."""
        return bytes(self.response.get_body())

    @property
    def json(self) -> Any:  # noqa: ANN401 - any JSON value
        """Return the value of a JSON body."""
        return json.loads(self.content)

    @property
    def problem(self) -> tuple[int, str]:
        """Return status and code of a problem document."""
        assert self.type == "application/problem+json"
        assert self.json["status"] == self.status
        return self.status, self.json["code"]

    @property
    def detail(self) -> str:
        """Return what a problem document tells the caller."""
        return str(self.json["detail"])


class InMemoryApp:
    """The routes of the app, answered on fakes that a test may look into.

    A request takes the way that it takes under a host: its path chooses the route, and the
    registered function answers. The fixture `app` of a test makes the registered
    functions find these clients.
    """

    def __init__(self) -> None:
        self.clock = FixedClock()
        self.store = InMemoryBlobStore(self.clock)
        self.index = InMemoryIndex()
        self.client = InMemoryOrchestrations()
        """The durable client."""
        self.clients = fake_clients(store=self.store, index=self.index, clock=self.clock)

    @property
    def work(self) -> WorkFolder:
        """Return the folder of the example document in `work`."""
        return work_of(self.clients)

    def use(self, **clients: Any) -> None:  # noqa: ANN401 - of Clients
        """Replace some of the clients."""
        self.clients = replace(self.clients, **clients)

    def lists(self, document_id: str = DOCUMENT_ID, **fields: Any) -> IndexEntry:  # noqa: ANN401 - of IndexEntry
        """Put a document into the index, by default one that was just received."""
        known = {
            "document_id": document_id,
            "name": "a.pdf",
            "status": Status.PROCESSING,
            "stage": Stage.RECEIVED,
            "received_at": START,
            "updated_at": START,
            "sequence": 0,
        }
        entry = IndexEntry(**{**known, **fields})
        self.index.put(entry)
        return entry

    def holds(
        self, container: str, name: str, content: bytes, content_type: str = "application/pdf"
    ) -> str:
        """Put a blob into the store and return its ETag."""
        return self.store.write(container, name, content, content_type=content_type)

    def instance_is(
        self,
        runtime_status: str,
        custom_status: Any = None,  # noqa: ANN401 - any JSON value
        *,
        of: str = DOCUMENT_ID,
    ) -> None:
        """Set the status of a document's instance."""
        self.client.instances[of] = Instance(runtime_status, custom_status)

    def get(self, path: str, headers: Mapping[str, str] | None = None, /, **query: str) -> Answer:
        """Ask for what stands at a path below `/api`, or at a link of an answer."""
        return self._send("GET", path, b"", headers, query)

    def post(
        self,
        path: str,
        body: Body = b"",
        headers: Mapping[str, str] | None = None,
        /,
        **query: str,
    ) -> Answer:
        """Post a body, bytes or JSON, to a path below `/api` or a link of an answer."""
        return self._send("POST", path, body, headers, query)

    def _send(
        self,
        method: str,
        path: str,
        body: Body,
        headers: Mapping[str, str] | None,
        query: Mapping[str, str],
    ) -> Answer:
        path = path.removeprefix(f"{API}/")
        function, found = _route_of(method, path)
        arguments: dict[str, Any] = {
            "req": request(method, path, body, headers, query, found),
            "context": Invocation(),
        }
        takes_client = getattr(function, "client_function", None)
        if takes_client:  # what the SDK calls with the client that it makes of a host's address
            function, arguments["client"] = takes_client, self.client
        return Answer(asyncio.run(function(**arguments)))


def request(
    method: str,
    path: str,
    body: Body = b"",
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    route: Mapping[str, str] | None = None,
) -> func.HttpRequest:
    """Make a request as the host would, whose values of query and route are decoded."""
    if not isinstance(body, bytes):
        headers = {"Content-Type": "application/json", **(headers or {})}
    return func.HttpRequest(
        method,
        f"{API}/{path}",
        headers=headers,
        params=query,
        route_params=route,
        body=body if isinstance(body, bytes) else json.dumps(body).encode(),
    )


def in_path(value: str) -> str:
    """Return a value as one part of a path."""
    return quote(value, safe="")


def _route_of(method: str, path: str) -> tuple[RouteFunction, dict[str, str]]:
    """Return the function that serves a path, and what it finds in it."""
    for served, pattern, function in _routes():
        match = pattern.fullmatch(path)
        if match and served == method:
            return function, {name: unquote(value) for name, value in match.groupdict().items()}
    raise LookupError(f"no route serves {method} {path!r}")


@cache
def _routes() -> list[tuple[str, re.Pattern[str], RouteFunction]]:
    found = []
    for builder in triggers.registry.blueprint._function_builders:
        function = builder._function
        trigger = function.get_trigger()
        if isinstance(trigger, HttpTrigger):
            (method,) = trigger.methods or ()
            path = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", trigger.route or "")
            found.append((method.value, re.compile(path), function.get_user_function()))
    return found
