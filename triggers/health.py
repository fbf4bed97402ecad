"""The health check of the app and its dependencies."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import azure.functions as func

from docflow.clients import Clients
from docflow.errors import DocflowError, ErrorCode
from triggers.dead_letters import dead_letters
from triggers.registry import route
from triggers.responses import json_response

CHECK_SECONDS = 5
"""Longest time that a dependency may take to answer."""


@route("GET", "health", auth_level=func.AuthLevel.ANONYMOUS)
async def get_health(req: func.HttpRequest, *, clients: Clients) -> func.HttpResponse:
    """Return the state of each dependency, with status 503 if one is down."""
    undelivered = await dead_letters(clients)
    return await report(checks_of(clients), seconds=CHECK_SECONDS, deadLetters=undelivered)


def checks_of(clients: Clients) -> dict[str, Callable[[], None]]:
    """Return the checks of all dependencies by name."""
    return {
        "storage": clients.store.check,
        "index": clients.index.check,
        "queue": clients.queue.check,
        "ocr": clients.ocr.check,
        "model": clients.model.check,
        "tickets": clients.tickets.check,
    }


async def report(
    checks: Mapping[str, Callable[[], None]], *, seconds: float, **shown: object
) -> func.HttpResponse:
    """Check all dependencies in parallel and return their states, with 503 if one is down.

    Args:
        checks: the checks by name.
        seconds: longest time of each.
        shown: what the answer shows besides, by name.
    """
    states = await asyncio.gather(*(_state(check, seconds) for check in checks.values()))
    healthy = all(state["ok"] for state in states)
    body = {
        "status": "ok" if healthy else "degraded",
        "dependencies": dict(zip(checks, states, strict=True)),
        **shown,
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
    """Run a check and return the code of its failure; the message may contain host names."""
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
