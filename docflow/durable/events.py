"""Wait for external events, and read their bodies."""

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
"""The result of `EventWait.until` if no event came in time."""


class EventWait:
    """Repeated waits for external events of one name, from the start of an orchestration.

    Create it before the first step. It works around two faults of the SDK (1.7.0):

    - A new wait task in each round loses events, because an event between two rounds completes the
      old wait task that nobody reads. So one wait task is kept until its event comes.
    - Of several events that come while no task waits, the SDK keeps only the last one and passes it
      to every later wait. So events are put into a queue, and each is returned once, in order.
    """

    def __init__(self, context: Context, name: str) -> None:
        self._context = context
        self._name = name
        context.deferred_tasks = QueuedEvents(name, context.deferred_tasks)
        self._task = self._next()

    def until(self, moment: datetime) -> Steps[Any]:
        """Wait for the next event, at most until a moment (UTC).

        If the event comes first, the timer is cancelled: with an open timer the instance cannot
        complete.

        Returns:
            The body of the event, or `NOTHING` if the moment came first.
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
    """Return the decision from the body of an `ApprovalDecision` event, or `"invalid"`.

    The body may be a JSON object, as HTTP sends it, or a string that contains JSON, as the Python
    client sends it.
    """
    try:
        body = json.loads(raw) if isinstance(raw, str) else raw
        return ApprovalDecision.model_validate(body)
    except (ValueError, ValidationError, RecursionError):
        return "invalid"
