"""Wrap the handler of an operation: count its requests and apply the faults that were set."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable

from aiohttp import web

from devstack.services.controls.faults import FaultPlan, FaultRules
from devstack.services.controls.stats import Stats

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
ErrorBody = Callable[[int, float | None], web.Response]

BROKEN_JSON = '{"id": "cut off in the mid'


@dataclasses.dataclass(slots=True)
class ControlState:
    """The faults in force and the counts so far; every stand-in holds the same one."""

    faults: FaultRules = dataclasses.field(default_factory=FaultRules)
    stats: Stats = dataclasses.field(default_factory=Stats)

    def reset(self) -> None:
        """Forget all faults and counts."""
        self.faults.clear()
        self.stats = Stats()


PLAN = web.RequestKey("plan", FaultPlan)
"""The plan of the request, for the handler that has a broken answer of its own."""


def operation(
    control: ControlState, name: str, error_body: ErrorBody, *, own_malformed: bool = False
) -> Callable[[Handler], Handler]:
    """Make a handler an operation.

    Args:
        control: Where to count and where the faults are.
        name: One of `OPERATIONS`.
        error_body: Shapes an error as the vendor does, from status and seconds to wait.
        own_malformed: The handler answers `malformed` itself instead of getting a cut-off body.
    """

    def decorate(handler: Handler) -> Handler:
        async def counted(request: web.Request) -> web.StreamResponse:
            count = control.stats.operations[name]
            plan = control.faults.plan(name)
            count.requests += 1
            count.faulted += plan.faulted
            count.gauge.enter()
            try:
                request[PLAN] = plan
                answer = await _answer(request, plan, handler, error_body)
            finally:
                count.gauge.leave()
            if plan.malformed and not own_malformed and plan.status is None:
                return web.Response(text=BROKEN_JSON, content_type="application/json")
            return answer

        return counted

    return decorate


async def _answer(
    request: web.Request, plan: FaultPlan, handler: Handler, error_body: ErrorBody
) -> web.StreamResponse:
    """Run the handler before the fault, after it or not at all, as the plan says."""
    await asyncio.sleep(plan.latency_ms / 1000)
    if plan.after:
        answer = await handler(request)
        await _hang(plan)
        return answer if plan.status is None else _failure(plan, plan.status, error_body)
    if plan.hang_ms:
        await request.read()
        await _hang(plan)
        if request.transport is None or request.transport.is_closing():
            # The client gave up while it waited: a request without an effect.
            return web.Response(status=499)
    if plan.status is not None:
        await request.read()
        return _failure(plan, plan.status, error_body)
    return await handler(request)


def _failure(plan: FaultPlan, status: int, error_body: ErrorBody) -> web.Response:
    """Return the error of the plan; Azure says in milliseconds, too, how long to wait."""
    answer = error_body(status, plan.retry_after)
    if plan.retry_after_ms is not None:
        answer.headers["retry-after-ms"] = f"{plan.retry_after_ms:g}"
    return answer


async def _hang(plan: FaultPlan) -> None:
    await asyncio.sleep(plan.hang_ms / 1000)


def retry_header(retry_after: float | None) -> dict[str, str]:
    """Return the `Retry-After` header, or none."""
    return {} if retry_after is None else {"Retry-After": f"{retry_after:g}"}
