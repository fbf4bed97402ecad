"""Whether the app and all that it depends on are up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from docflow.clients import Clients, current_clients
from docflow.errors import DocflowError, ErrorCode
from triggers.problems import problem_details
from triggers.responses import json_response

blueprint = df.Blueprint()

CHECK_SECONDS = 5
"""How long a dependency may take to answer."""


@blueprint.route(route="health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problem_details
async def get_health(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Tell the state of each dependency."""
    return await report(checks_of(current_clients()), seconds=CHECK_SECONDS)


def checks_of(clients: Clients) -> dict[str, Callable[[], None]]:
    """Give what to check, by the name under which it is shown."""
    return {
        "storage": clients.store.check,
        "index": clients.index.check,
        "queue": clients.queue.check,
        "ocr": clients.ocr.check,
        "model": clients.model.check,
        "tickets": clients.tickets.check,
    }


async def report(checks: Mapping[str, Callable[[], None]], *, seconds: float) -> func.HttpResponse:
    """Check all dependencies at the same time and answer 503 where one is down."""
    states = await asyncio.gather(*(_state(check, seconds) for check in checks.values()))
    healthy = all(state["ok"] for state in states)
    body = {
        "status": "ok" if healthy else "degraded",
        "dependencies": dict(zip(checks, states, strict=True)),
    }
    status = HTTPStatus.OK if healthy else HTTPStatus.SERVICE_UNAVAILABLE
    return json_response(body, status=status)


async def _state(check: Callable[[], None], seconds: float) -> dict[str, Any]:
    now = asyncio.get_running_loop().time
    started = now()
    error = await _failure(check, seconds)
    state: dict[str, Any] = {"ok": error is None, "milliseconds": round((now() - started) * 1000)}
    return state if error is None else {**state, "error": error}


async def _failure(check: Callable[[], None], seconds: float) -> str | None:
    """Run a check; gives a code where it fails, never the message, which may name hosts."""
    try:
        async with asyncio.timeout(seconds):
            await asyncio.to_thread(check)
    except TimeoutError:
        return ErrorCode.TIMEOUT
    except DocflowError as error:
        return error.code
    except Exception as error:  # noqa: BLE001 - any failure is the answer here
        return type(error).__name__
    return None
