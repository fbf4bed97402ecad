"""Typed helpers over the durable SDK: running steps with backoff, waiting for a person.

What orchestrators share that is subtle on replay lives here once, with its reasons.
"""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypeVar, cast

import azure.durable_functions as df
from azure.durable_functions.models.Task import TaskBase, TimerTask
from pydantic import ValidationError

from docflow.contracts import Activity, Orchestrator
from docflow.errors import StepFailed
from docflow.models.documents import RetryPolicy
from docflow.models.payloads import Payload
from docflow.models.reviewing import ApprovalDecision
from docflow.policy import pause_before_retry

ResultT = TypeVar("ResultT", bound=Payload)
T = TypeVar("T")

Steps = Generator[TaskBase, Any, T]
"""A part of an orchestrator: yields durable tasks and returns a value."""

Context = df.DurableOrchestrationContext


class Deferral(Payload):
    """An activity's answer that it could not do its work now."""

    code: str
    message: str
    retry_after_seconds: float | None = None


class Refusal(Payload):
    """An activity's answer that its work cannot be done."""

    code: str
    message: str


class Reply(Payload):
    """What every activity returns: its value, or why there is none.

    The 1.x SDK retries at a fixed pace and its retries shift ids inside a fan-out, so failures
    worth another try come back as values and the pauses between tries are durable timers.
    """

    value: dict[str, Any] | None = None
    deferred: Deferral | None = None
    refused: Refusal | None = None


def run(
    context: Context,
    step: Activity,
    payload: Payload,
    result: type[ResultT],
    *,
    retry: RetryPolicy,
) -> Steps[ResultT]:
    """Run one activity, with pauses between its tries.

    Raises:
        StepFailed: the activity refused for good, or its tries are used up.
    """
    replies = yield from run_all(context, step, [payload], result, retry=retry)
    reply = replies[0]
    if isinstance(reply, StepFailed):
        raise reply
    return reply


def run_all(
    context: Context,
    step: Activity,
    payloads: Sequence[Payload],
    result: type[ResultT],
    *,
    retry: RetryPolicy,
) -> Steps[list[ResultT | StepFailed]]:
    """Run one activity for many payloads at once; results come in the order of the payloads.

    Rounds: all that is open runs in parallel, then those that were deferred are tried again after
    one durable pause, the longest that any of them asks for. A failure is a value in the result,
    so one bad page never hides the others.
    """
    results: dict[int, ResultT | StepFailed] = {}
    for tries in range(1, retry.attempts + 1):
        waiting = [number for number in range(len(payloads)) if number not in results]
        deferred = yield from _one_round(context, step, payloads, waiting, result, results)
        if not deferred:
            break
        if tries == retry.attempts:
            results.update({n: StepFailed(step, d.code, d.message) for n, d in deferred.items()})
            break
        asked = max((d.retry_after_seconds or 0 for d in deferred.values()), default=0)
        seed = f"{context.instance_id}:{step}:{min(deferred)}"
        pause = pause_before_retry(retry, tries, seed, asked_seconds=asked)
        yield context.create_timer(context.current_utc_datetime + pause)
    return [results[number] for number in range(len(payloads))]


def _one_round(
    context: Context,
    step: Activity,
    payloads: Sequence[Payload],
    numbers: Sequence[int],
    result: type[ResultT],
    results: dict[int, ResultT | StepFailed],
) -> Steps[dict[int, Deferral]]:
    """Run the payloads with these numbers; fill in results and give what was deferred."""
    deferred: dict[int, Deferral] = {}
    tasks = [
        context.call_activity(step.value, payloads[number].dump(), expected_type=dict)
        for number in numbers
    ]
    if tasks:
        yield from settle(context, tasks)
    for number, task in zip(numbers, tasks, strict=True):
        reply = _reply_of(task)
        if reply.value is not None:
            results[number] = result.load(reply.value)
        elif reply.refused is not None:
            results[number] = StepFailed(step, reply.refused.code, reply.refused.message)
        else:
            deferred[number] = reply.deferred or Deferral(code="STEP_FAILED", message="no reply")
    return deferred


def _reply_of(task: TaskBase) -> Reply:
    """Read a finished activity: an exception is a defect or a lost worker, worth another try."""
    if isinstance(task.result, Exception):
        return Reply(deferred=Deferral(code="STEP_FAILED", message="The step ended abnormally."))
    return Reply.load(task.result)


def settle(context: Context, tasks: Sequence[TaskBase]) -> Steps[None]:
    """Start all tasks at once and wait until each has ended, well or badly.

    `task_all` would raise at the first failure while the host still waits for the siblings. Here
    one `task_any` starts everything; from then on the tasks are known to the host, and waiting for
    them one by one in order adds no action to the history.
    """
    yield context.task_any(list(tasks))
    for task in tasks:
        if not task.is_completed:
            try:
                yield task
            except Exception:  # noqa: BLE001, S112 - the SDK raises plain Exception; kept in task.result
                continue


def start_children(
    context: Context, child: Orchestrator, payloads: Sequence[Payload]
) -> list[TaskBase]:
    """Make one sub-orchestration per payload; they start when first waited for."""
    return [
        context.call_sub_orchestrator(child.value, payload.dump(), expected_type=dict)
        for payload in payloads
    ]


def gather_children(
    context: Context,
    tasks: Sequence[TaskBase],
    result: type[ResultT],
    on_progress: Callable[[list[ResultT]], None],
) -> Steps[list[ResultT]]:
    """Wait for sub-orchestrations, telling of those that have ended while others still run.

    Raises:
        StepFailed: a sub-orchestration failed; the others have ended all the same.
    """
    yield context.task_any(list(tasks))
    for task in tasks:
        on_progress([result.load(t.result) for t in tasks if _succeeded(t)])
        if not task.is_completed:
            try:
                yield task
            except Exception:  # noqa: BLE001, S112 - kept in task.result, looked at below
                continue
    if not all(_succeeded(task) for task in tasks):
        raise StepFailed("sub-orchestration", "STEP_FAILED", "A part of the document failed.")
    return [result.load(task.result) for task in tasks]


def _succeeded(task: TaskBase) -> bool:
    return task.is_completed and not isinstance(task.result, Exception)


def run_child(
    context: Context, child: Orchestrator, payload: Payload, result: type[ResultT]
) -> Steps[ResultT]:
    """Run one sub-orchestration.

    Raises:
        StepFailed: it failed.
    """
    results = yield from gather_children(
        context, start_children(context, child, [payload]), result, lambda _: None
    )
    return results[0]


# Waiting for a person.


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
        context.deferred_tasks = _QueuedEvents(name, context.deferred_tasks)
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


class _QueuedEvents(dict[Any, Any]):
    """What came for nobody so far, as the SDK keeps it, but with a queue for events of one name.

    The SDK puts in a callback that hands the arrival to the task that waits by then, and calls it
    when there is one; it never takes it out again.
    """

    def __init__(self, name: str, arrivals: Mapping[Any, Any]) -> None:
        super().__init__(arrivals)
        self._name = name
        self._queue: deque[Callable[[], None]] = deque()

    def __setitem__(self, key: object, hand_over: Callable[[], None]) -> None:
        if key == self._name:
            self._queue.append(hand_over)
            hand_over = self._hand_over_oldest
        super().__setitem__(key, hand_over)

    def _hand_over_oldest(self) -> None:
        oldest = self._queue.popleft()
        if not self._queue:
            del self[self._name]
        oldest()


NOTHING = object()
"""What `EventWait.until` gives where no event came in time."""


class _MatchesAnything(str):
    """A name that equals every other."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = str.__hash__


class _AnyJsonType(type):
    @property
    def __name__(cls) -> str:  # type: ignore[override]
        return _MatchesAnything("AnyJson")

    @property
    def __module__(cls) -> str:  # type: ignore[override]
        return _MatchesAnything("docflow.durable")

    def __instancecheck__(cls, instance: object) -> bool:
        return True


class AnyJson(metaclass=_AnyJsonType):
    """Declares an event body as "any JSON whatever" to the SDK's decoder.

    Bodies come from outside. One that has the three keys of the SDK's envelope for Python objects
    (`__class__`, `__module__`, `__data__`) makes the decoder look for that class and raise where it
    is another than the declared one, which would end the orchestration. This type claims to be
    every class and turns such a body into one that is merely invalid.
    """

    @staticmethod
    def to_json(value: object) -> object:
        """Take part in the SDK's protocol for Python objects."""
        return value

    @staticmethod
    def from_json(_data: object) -> str:
        """Give a body that no reader takes for valid."""
        return "an envelope of a Python object"


def require_strict_typing() -> None:
    """Make the SDK's decoder strict: it then never looks up classes that a payload names."""
    os.environ.setdefault("AZURE_FUNCTIONS_DURABLE_STRICT_TYPING", "1")


def parse_decision(raw: Any) -> ApprovalDecision | Literal["invalid"]:  # noqa: ANN401 - from outside
    """Read the body of an `ApprovalDecision` event.

    The Python client sends JSON inside a JSON string, plain HTTP sends the object: both are taken.
    """
    try:
        body = json.loads(raw) if isinstance(raw, str) else raw
        return ApprovalDecision.model_validate(body)
    except (ValueError, ValidationError, RecursionError):
        return "invalid"


def utc_now(context: Context) -> datetime:
    """Give the time of the orchestration, which is the same on every replay."""
    return context.current_utc_datetime
