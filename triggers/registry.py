"""Decorators that register HTTP routes and timers.

A function is registered with its own name. Tests call it directly; the host calls it with the
clients, and with the durable client if it has a parameter `client`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from inspect import signature
from typing import Any, TypeVar

import azure.durable_functions as df
import azure.functions as func

from docflow.clients import current_clients
from docflow.telemetry import joined, span
from triggers.callers import admit
from triggers.problems import respond

blueprint = df.Blueprint()

Handler = Callable[..., func.HttpResponse | Awaitable[func.HttpResponse]]
HandlerT = TypeVar("HandlerT", bound=Handler)
TaskT = TypeVar("TaskT", bound=Callable[..., Any])

_with_client = blueprint.durable_client_input(client_name="client")


def route(
    method: str,
    path: str,
    *,
    auth_level: func.AuthLevel | None = None,
    takes_json: bool = False,
) -> Callable[[HandlerT], HandlerT]:
    """Register the decorated function as a route of the HTTP API.

    The function takes the request, and by keyword `clients` and, if it needs the durable client,
    `client`. If it is not async, it runs in a thread, so it may block. An exception that it raises
    is answered with problem details. Requests of other sites do not reach it.

    Args:
        method: the HTTP method.
        path: the route below `/api`.
        auth_level: who may call it; by default a caller needs a function key.
        takes_json: whether a body must be JSON.
    """

    def register(handler: HandlerT) -> HandlerT:
        async def answer(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
            clients = current_clients()
            check = partial(admit, req, clients, takes_json=takes_json)
            with traced(handler, context):
                return await respond(handler, req, context, check=check, clients=clients)

        async def answer_with_client(
            req: func.HttpRequest, context: func.Context, client: df.DurableOrchestrationClient
        ) -> func.HttpResponse:
            clients = current_clients()
            check = partial(admit, req, clients, takes_json=takes_json)
            with traced(handler, context):
                return await respond(
                    handler, req, context, check=check, clients=clients, client=client
                )

        function = answer_with_client if _takes_client(handler) else answer
        _name_like(function, handler)
        builder = _with_client(function) if _takes_client(handler) else function
        blueprint.route(route=path, methods=[method], auth_level=auth_level)(builder)
        return handler

    return register


def timer(schedule: str) -> Callable[[TaskT], TaskT]:
    """Register the decorated function to run on a schedule, an NCRONTAB expression of six fields.

    The function takes `clients` by keyword; an async function takes the durable `client` too.
    """

    def register(task: TaskT) -> TaskT:
        def run(timer: func.TimerRequest, context: func.Context) -> None:
            with traced(task, context):
                task(clients=current_clients())

        async def run_with_client(
            timer: func.TimerRequest, context: func.Context, client: df.DurableOrchestrationClient
        ) -> None:
            with traced(task, context):
                await task(clients=current_clients(), client=client)

        function = run_with_client if _takes_client(task) else run
        _name_like(function, task)
        builder = _with_client(function) if _takes_client(task) else function
        blueprint.timer_trigger(arg_name="timer", schedule=schedule)(builder)
        return task

    return register


@contextmanager
def traced(function: Callable[..., object], context: func.Context) -> Iterator[None]:
    """Record the block as the span of a function, in the host's trace."""
    with joined(context), span(function.__name__):
        yield


def _takes_client(function: Callable[..., object]) -> bool:
    return "client" in signature(function).parameters


def _name_like(function: Callable[..., object], named: Callable[..., object]) -> None:
    function.__name__ = named.__name__
    function.__doc__ = named.__doc__
