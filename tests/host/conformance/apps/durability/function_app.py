"""Long enough to be killed in the middle; every run of an activity leaves a line in a file."""
# mypy: disable-error-code="untyped-decorator"

from __future__ import annotations

import asyncio
import datetime
import os
import time
from pathlib import Path
from typing import Any

import azure.durable_functions as df

app = df.DFApp()
Context = df.DurableOrchestrationContext


def note(text: str) -> None:
    with Path(os.environ["SEEN"]).open("a", encoding="utf-8") as seen:
        seen.write(text + "\n")


@app.orchestration_trigger(context_name="context")
def journey(context: Context) -> Any:
    name = context.instance_id
    legs = yield context.task_all(
        [context.call_sub_orchestrator("leg", f"{name}/{n}") for n in range(3)]
    )
    yield context.create_timer(context.current_utc_datetime + datetime.timedelta(seconds=0.2))
    options = df.RetryOptions(50, 3)
    last = yield context.call_activity_with_retry("step", options, f"{name}/last")
    return [*legs, last]


@app.orchestration_trigger(context_name="context")
def leg(context: Context) -> Any:
    name = context.get_input()
    return (
        yield context.task_all([context.call_activity("step", f"{name}/{n}") for n in range(4)])
    )


@app.activity_trigger(input_name="name")
def step(name: str) -> str:
    note(f"start {name}")
    time.sleep(0.05)
    note(f"end {name}")
    return name


@app.orchestration_trigger(context_name="context")
def chain(context: Context) -> Any:
    for number in range(10):
        yield context.call_activity("noop", number)
    return "done"


@app.orchestration_trigger(context_name="context")
def crowd(context: Context) -> Any:
    count = int(str(context.get_input()))
    results = yield context.task_all([context.call_activity("noop", n) for n in range(count)])
    return len(results)


@app.activity_trigger(input_name="number")
def noop(number: int) -> int:
    return number


running = 0


@app.orchestration_trigger(context_name="context")
def measured(context: Context) -> Any:
    tasks = [context.call_activity("at_once", n) for n in range(12)]
    return (yield context.task_all(tasks))


@app.activity_trigger(input_name="value")
async def at_once(value: int) -> int:
    global running
    running += 1
    now = running
    await asyncio.sleep(0.05)
    running -= 1
    return now


@app.orchestration_trigger(context_name="context")
def hurried(context: Context) -> Any:
    try:
        yield context.call_activity("too_slow", 1)
    except Exception as error:  # noqa: BLE001 - the SDK raises plain exceptions
        return str(error)


@app.activity_trigger(input_name="value")
def too_slow(value: int) -> int:
    note("too_slow")
    time.sleep(30)
    return value
