from __future__ import annotations

import asyncio
import inspect
import typing
from typing import Any

import azure.durable_functions as df
import azure.functions as func
import pytest

from docflow.clients import Clients
from testkit.fakes import fake_clients
from testkit.orchestrations import InMemoryOrchestrations
from triggers import registry


@pytest.fixture
def clients() -> Clients:
    return fake_clients()


@pytest.fixture
def blueprint(monkeypatch: pytest.MonkeyPatch, clients: Clients) -> df.Blueprint:
    """A registry of its own, whose functions get the clients of the test."""
    fresh = df.Blueprint()
    monkeypatch.setattr(registry, "blueprint", fresh)
    monkeypatch.setattr(registry, "_with_client", fresh.durable_client_input(client_name="client"))
    monkeypatch.setattr(registry, "current_clients", lambda: clients)
    return fresh


def registered(blueprint: df.Blueprint) -> Any:
    (builder,) = blueprint._function_builders
    return builder._function


def test_a_route_is_registered_under_the_name_of_its_function(blueprint: df.Blueprint) -> None:
    @registry.route("GET", "things/{id}")
    def get_thing(req: func.HttpRequest, *, clients: Clients) -> func.HttpResponse:
        """Show a thing."""
        return func.HttpResponse()

    function = registered(blueprint)
    worker_sees = function.get_user_function()
    assert function.get_function_name() == get_thing.__name__ == "get_thing"
    assert list(inspect.signature(worker_sees).parameters) == ["req", "context"]
    assert typing.get_type_hints(worker_sees)["req"] is func.HttpRequest


def test_a_function_that_asks_for_the_durable_client_gets_one(
    blueprint: df.Blueprint, clients: Clients
) -> None:
    durable = InMemoryOrchestrations()
    seen: list[object] = []

    @registry.timer("0 */5 * * * *")
    async def look_after(*, clients: Clients, client: InMemoryOrchestrations) -> None:
        seen.extend([clients, client])

    function = registered(blueprint)
    without_the_sdk = function.get_user_function().client_function
    asyncio.run(without_the_sdk(timer=None, context=None, client=durable))

    assert seen == [clients, durable]
    assert function.get_function_name() == "look_after"
    assert {binding.name for binding in function.get_bindings()} == {"timer", "client"}


def test_a_timer_runs_its_task_with_the_clients(blueprint: df.Blueprint, clients: Clients) -> None:
    seen: list[Clients] = []

    @registry.timer("0 0 * * * *")
    def tidy(*, clients: Clients) -> None:
        seen.append(clients)

    registered(blueprint).get_user_function()(timer=None, context=None)

    assert seen == [clients]
