"""The health check of the app and its dependencies.

The check writes to storage and calls every service, so its report is kept for a while. In Azure
only a caller with a key has it made: anyone may ask whether the app is up, which touches nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from http import HTTPStatus
from typing import Any, cast

import azure.functions as func

from docflow.clients import Clients
from docflow.errors import DocflowError, ErrorCode
from triggers.dead_letters import dead_letters
from triggers.registry import route
from triggers.responses import json_response

CHECK_SECONDS = 5
"""Longest time that a dependency may take to answer."""
KEPT_IN_AZURE = timedelta(seconds=30)
KEPT_LOCALLY = timedelta(seconds=2)
"""A developer stops and starts services, and wants to see that."""

_NAMED = frozenset({ErrorCode.CONTAINER_MISSING, ErrorCode.STORAGE_NOT_WRITABLE})
"""Failures whose message is shown; that of another may contain host names."""

Check = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Report:
    """What a check of all dependencies found, and when."""

    checked_at: datetime
    states: Mapping[str, Mapping[str, Any]]
    undelivered: Mapping[str, Any] | None
    """What Event Grid could not deliver; None if that is not known."""

    @property
    def healthy(self) -> bool:
        """Return whether all dependencies are up."""
        return all(state["ok"] for state in self.states.values())

    def response(self, *, detailed: bool) -> func.HttpResponse:
        """Return the answer: 503 if a dependency is down; without details only which one it is."""
        shown = self.states if detailed else {n: {"ok": s["ok"]} for n, s in self.states.items()}
        body = {
            "status": "ok" if self.healthy else "degraded",
            "checkedAt": self.checked_at.isoformat(),
            "dependencies": shown,
            **({"deadLetters": self.undelivered} if detailed else {}),
        }
        status = HTTPStatus.OK if self.healthy else HTTPStatus.SERVICE_UNAVAILABLE
        return json_response(body, status=status)


@dataclass(slots=True)
class KeptReport:
    """The last report of this process; those who ask at the same time share one check."""

    _last: Report | None = None
    _checking: asyncio.Lock = field(default_factory=asyncio.Lock)

    def fresh(self, clients: Clients) -> Report | None:
        """Return the last report if it is not too old."""
        kept = KEPT_IN_AZURE if clients.platform.in_azure else KEPT_LOCALLY
        last = self._last
        return last if last and clients.clock.now() - last.checked_at < kept else None

    async def current(self, clients: Clients) -> Report:
        """Return the last report, or a new one if that is too old."""
        async with self._checking:
            if (found := self.fresh(clients)) is None:
                states, undelivered = await asyncio.gather(
                    check_all(checks_of(clients), seconds=CHECK_SECONDS), dead_letters(clients)
                )
                found = self._last = Report(clients.clock.now(), states, undelivered)
            return found


@lru_cache(maxsize=1)
def _kept(_store: Hashable) -> KeptReport:
    """Return the report that is kept for the clients with this store."""
    return KeptReport()


def _kept_for(clients: Clients) -> KeptReport:
    # Every object is hashable; the protocol omits it.
    return _kept(cast("Hashable", clients.store))


@route("GET", "health", auth_level=func.AuthLevel.ANONYMOUS)
async def get_health(req: func.HttpRequest, *, clients: Clients) -> func.HttpResponse:
    """Return the state of each dependency, with status 503 if one is down.

    In Azure, where anyone may ask this, nothing is checked: the answer is what a check of the last
    half minute found, or else that the app itself is up.
    """
    kept = _kept_for(clients)
    if not clients.platform.in_azure:
        return (await kept.current(clients)).response(detailed=True)
    last = kept.fresh(clients)
    if last is None:
        return json_response({"status": "ok", "checkedAt": None, "dependencies": {}})
    return last.response(detailed=False)


@route("GET", "health/details")
async def get_health_details(req: func.HttpRequest, *, clients: Clients) -> func.HttpResponse:
    """Return the state of each dependency, checked within the last half minute."""
    return (await _kept_for(clients).current(clients)).response(detailed=True)


def checks_of(clients: Clients) -> dict[str, Check]:
    """Return the checks of all dependencies by name."""
    return {
        "storage": clients.store.check,
        "index": clients.index.check,
        "queue": clients.queue.check,
        "ocr": clients.ocr.check,
        "model": clients.model.check,
        "tickets": clients.tickets.check,
    }


async def check_all(checks: Mapping[str, Check], *, seconds: float) -> dict[str, Mapping[str, Any]]:
    """Check all dependencies in parallel and return their states by name."""
    states = await asyncio.gather(*(_state(check, seconds) for check in checks.values()))
    return dict(zip(checks, states, strict=True))


async def _state(check: Check, seconds: float) -> Mapping[str, Any]:
    now = asyncio.get_running_loop().time
    started = now()
    failure = await _failure(check, seconds)
    milliseconds = round((now() - started) * 1000)
    return {"ok": not failure, "milliseconds": milliseconds, **failure}


async def _failure(check: Check, seconds: float) -> dict[str, str]:
    """Run a check and return the code of its failure and what to do; nothing if it passes."""
    try:
        async with asyncio.timeout(seconds):
            await asyncio.to_thread(check)
    except TimeoutError:
        return {"error": ErrorCode.TIMEOUT, "remedy": ErrorCode.TIMEOUT.remedy}
    except DocflowError as error:
        detail = {"detail": error.message} if error.code in _NAMED else {}
        remedy = {"remedy": error.code.remedy} if isinstance(error.code, ErrorCode) else {}
        return {"error": error.code, **detail, **remedy}
    except Exception as error:  # noqa: BLE001 - any failure is the answer here
        return {"error": type(error).__name__}
    return {}
