from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import azure.functions as func
import pytest

from docflow.clients import Clients
from docflow.testing.fakes import FixedClock, InMemoryBlobStore, InMemoryIndex, fake_clients
from docflow.testing.orchestrations import InMemoryOrchestrations

Request = Callable[..., func.HttpRequest]


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
def request_to() -> Request:
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
