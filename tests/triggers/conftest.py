from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import azure.functions as func
import pytest

from docflow.clients import Clients
from docflow.models.index import IndexEntry
from docflow.models.states import Stage, Status
from testkit.fakes import START, FixedClock, InMemoryBlobStore, InMemoryIndex, fake_clients
from testkit.orchestrations import InMemoryOrchestrations
from triggers.problems import problem_details


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def store(clock: FixedClock) -> InMemoryBlobStore:
    return InMemoryBlobStore(clock)


@pytest.fixture
def index() -> InMemoryIndex:
    return InMemoryIndex()


@pytest.fixture
def clients(store: InMemoryBlobStore, index: InMemoryIndex, clock: FixedClock) -> Clients:
    return fake_clients(store=store, index=index, clock=clock)


@pytest.fixture
def client() -> InMemoryOrchestrations:
    return InMemoryOrchestrations()


@pytest.fixture
def entry() -> Callable[..., IndexEntry]:
    """Makes an index entry of a document that has just been received."""

    def make(document_id: str = "0" * 32, **fields: Any) -> IndexEntry:
        values: dict[str, Any] = {
            "document_id": document_id,
            "name": "a.pdf",
            "status": Status.PROCESSING,
            "stage": Stage.RECEIVED,
            "received_at": START,
            "updated_at": START,
            "sequence": 0,
        }
        return IndexEntry(**{**values, **fields})

    return make


@pytest.fixture
def request_to() -> Callable[..., func.HttpRequest]:
    """Makes a request as the host would: path, query, route and body."""

    def make(
        path: str,
        *,
        method: str = "GET",
        route: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | Mapping[str, Any] = b"",
        **params: str,
    ) -> func.HttpRequest:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return func.HttpRequest(
            method,
            f"http://127.0.0.1:9/api/{path}",
            headers=headers,
            params=params,
            route_params=route,
            body=content,
        )

    return make


@dataclass(frozen=True)
class Invocation:
    """The context of an invocation, as far as it is looked at."""

    invocation_id: str = "invocation-1"


@dataclass(frozen=True)
class Answer:
    """An HTTP response, easy to compare."""

    response: func.HttpResponse

    @property
    def status(self) -> int:
        return int(self.response.status_code)

    @property
    def headers(self) -> Mapping[str, str]:
        return dict(self.response.headers)

    @property
    def content(self) -> bytes:
        return bytes(self.response.get_body())

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def problem(self) -> tuple[int, str, str]:
        """Status, code and detail of a problem document."""
        body = self.json
        assert self.response.mimetype == "application/problem+json"
        assert set(body) == {"type", "title", "status", "detail", "instance", "code"}
        assert body["status"] == self.status
        return self.status, body["code"], body["detail"]


@pytest.fixture
def call() -> Callable[..., Answer]:
    """Calls the body of an HTTP function as its trigger does, errors included."""

    def make_call(
        body: Callable[..., func.HttpResponse | Awaitable[func.HttpResponse]],
        request: func.HttpRequest,
        **ports: Any,
    ) -> Answer:
        async def handler(req: func.HttpRequest, context: Invocation) -> func.HttpResponse:
            response = body(req, **ports)
            return await response if inspect.isawaitable(response) else response

        async def answer() -> Answer:
            return Answer(await problem_details(handler)(req=request, context=Invocation()))

        return asyncio.run(answer())

    return make_call
