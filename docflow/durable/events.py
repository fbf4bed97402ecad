"""Wait for external events, and read what they carry."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Literal, cast

from azure.durable_functions.models.Task import TaskBase, TimerTask
from pydantic import ValidationError

from docflow.durable.sdk_workarounds import AnyJson, QueuedEvents
from docflow.durable.steps import Context, Steps
from docflow.models.reviews import ApprovalDecision

NOTHING = object()
"""What `EventWait.until` gives where no event came in time."""


class EventWait:
    """Waits for external events of one name, again and again, from the start of an orchestration.

    Make it before the first step. Two traps of the SDK (1.7.0) shape it. A new wait in each round
    loses events: one that arrives in between resolves the abandoned wait of the round before; so a
    single wait task lives until its event comes. And of the events that come while nothing waits
    for them, the SDK keeps the last alone, and hands it to every later wait; so they are queued
    here, and each is given once, in the order they came.
    """

    def __init__(self, context: Context, name: str) -> None:
        self._context = context
        self._name = name
        context.deferred_tasks = QueuedEvents(name, context.deferred_tasks)
        self._task = self._next()

    def until(self, moment: datetime) -> Steps[Any]:
        """Wait for the event, at most until a moment (UTC).

        Gives `NOTHING` where the time ran out. The losing timer is cancelled, since an open timer
        keeps the instance from completing.
        """
        timer = cast("TimerTask", self._context.create_timer(moment))
        winner = yield self._context.task_any([self._task, timer])
        if winner is not self._task:
            return NOTHING
        timer.cancel()
        event = self._task.result
        self._task = self._next()
        return event

    def _next(self) -> TaskBase:
        return self._context.wait_for_external_event(self._name, expected_type=AnyJson)


def parse_decision(raw: Any) -> ApprovalDecision | Literal["invalid"]:  # noqa: ANN401 - from outside
    """Read the body of an `ApprovalDecision` event.

    The Python client sends JSON inside a JSON string, plain HTTP sends the object: both are taken.
    """
    try:
        body = json.loads(raw) if isinstance(raw, str) else raw
        return ApprovalDecision.model_validate(body)
    except (ValueError, ValidationError, RecursionError):
        return "invalid"
