"""Run activities and sub-orchestrations, with durable pauses between tries."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from datetime import datetime
from typing import Any, TypeVar

import azure.durable_functions as df
from azure.durable_functions.models.Task import TaskBase

from docflow.contracts import Activity, Orchestrator
from docflow.errors import ErrorCode, StepFailed
from docflow.models.documents import RetryPolicy
from docflow.models.payloads import Payload
from docflow.policy.retry import pause_before_retry

ResultT = TypeVar("ResultT", bound=Payload)

T = TypeVar("T")

Steps = Generator[TaskBase, Any, T]
"""A part of an orchestrator: a generator that yields durable tasks and returns a value."""

Context = df.DurableOrchestrationContext


class StepDeferral(Payload):
    """A reply of an activity that failed, for which a retry can help."""

    code: str
    message: str
    retry_after_seconds: float | None = None


class StepRefusal(Payload):
    """A reply of an activity that failed, for which a retry cannot help."""

    code: str
    message: str


class Reply(Payload):
    """The reply of every activity: its value, or the reason why there is none.

    Failures are values because the retries of the 1.x SDK have fixed pauses and shift the ids of
    tasks in a fan-out. The pauses between tries are durable timers instead.
    """

    value: dict[str, Any] | None = None
    deferred: StepDeferral | None = None
    refused: StepRefusal | None = None


def run(
    context: Context,
    step: Activity,
    payload: Payload,
    result: type[ResultT],
    *,
    retry: RetryPolicy,
) -> Steps[ResultT]:
    """Run one activity, with durable pauses between its tries, and return its result.

    Raises:
        StepFailed: the activity refused, or its last try was deferred.
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
    """Run one activity for many payloads in parallel.

    It works in rounds: the payloads without a result run in parallel; those that were deferred run
    again after one durable pause, the longest that any of them asks for.

    Returns:
        The results in the order of the payloads. A failure is a value, so that one bad page does
        not hide the others.
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
) -> Steps[dict[int, StepDeferral]]:
    """Run the payloads with these numbers, add to `results`, and return the deferrals."""
    deferred: dict[int, StepDeferral] = {}
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
            deferred[number] = reply.deferred or StepDeferral(
                code=ErrorCode.STEP_FAILED, message="The step did not reply."
            )
    return deferred


def _reply_of(task: TaskBase) -> Reply:
    """Return the reply of an activity; an exception (a defect, a lost worker) is a deferral."""
    if isinstance(task.result, Exception):
        return Reply(
            deferred=StepDeferral(code=ErrorCode.STEP_FAILED, message="The step ended abnormally.")
        )
    return Reply.load(task.result)


def settle(context: Context, tasks: Sequence[TaskBase]) -> Steps[None]:
    """Start all tasks at once and wait until each has completed or failed.

    `task_all` would raise at the first failure, while the other tasks still run. Here one
    `task_any` starts all tasks. After that the host knows them, and to wait for them one by one
    adds no action to the history.
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
    """Return one sub-orchestration for each payload; they start at the first wait."""
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
    """Wait until all sub-orchestrations have ended, and return their results in order.

    Args:
        context: of the orchestration.
        tasks: the sub-orchestrations, from `start_children`.
        result: the class of the results.
        on_progress: is called with the results so far before each wait.

    Raises:
        StepFailed: a sub-orchestration failed; the others have ended too.
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
        raise StepFailed(
            "sub-orchestration", ErrorCode.STEP_FAILED, "A part of the document failed."
        )
    return [result.load(task.result) for task in tasks]


def _succeeded(task: TaskBase) -> bool:
    return task.is_completed and not isinstance(task.result, Exception)


def run_child(
    context: Context, child: Orchestrator, payload: Payload, result: type[ResultT]
) -> Steps[ResultT]:
    """Run one sub-orchestration and return its result.

    Raises:
        StepFailed: the sub-orchestration failed.
    """
    results = yield from gather_children(
        context, start_children(context, child, [payload]), result, lambda _: None
    )
    return results[0]


def utc_now(context: Context) -> datetime:
    """Return the time of the orchestration, which is the same in every replay."""
    return context.current_utc_datetime
