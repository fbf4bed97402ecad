"""The other ways to write an app: blueprints, generic bindings, given names, another script."""
# mypy: disable-error-code="untyped-decorator, attr-defined"

from __future__ import annotations

import asyncio
import json
from typing import Any

import azure.durable_functions as df
import azure.functions as func

steps = df.Blueprint()
Context = df.DurableOrchestrationContext


@steps.function_name("step_one")
@steps.activity_trigger(input_name="value", activity="Step-1")
def first(value: int, context: func.Context) -> str:
    return f"{context.function_name}:{value}"


@steps.activity_trigger(input_name="value")
async def second(value: str) -> str:
    return value.upper()


@steps.orchestration_trigger(context_name="context", orchestration="The Story")
def story(context: Context) -> Any:
    one = yield context.call_activity("step-1", 7)
    two = yield context.call_activity(second, one)
    return [two, context.version]


app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
app.register_functions(steps)


def written_by_hand(context: Context) -> Any:
    return (yield context.call_activity("second", "by hand"))


generic = df.Orchestrator.create(written_by_hand)


@app.function_name("generic_story")
@app.generic_trigger(arg_name="context", type="orchestrationTrigger")
def run_generic(context) -> str:  # type: ignore[no-untyped-def] # noqa: ANN001 - as in old apps
    return str(generic(context))


@app.route(route="binding")
@app.generic_input_binding(arg_name="starter", type="durableClient")
async def show_binding(req: func.HttpRequest, starter: str) -> str:
    return starter


@app.route(route="slow")
async def slow(req: func.HttpRequest) -> str:
    await asyncio.sleep(1.0)
    return "done"


@app.orchestration_trigger(context_name="context")
def waits(context: Context) -> Any:
    return (yield context.wait_for_external_event("Go"))


@app.orchestration_trigger(context_name="context")
def looks_back(context: Context) -> Any:
    yield context.call_activity("second", "x")
    return [json.loads(json.dumps(vars(event), default=str)) for event in context.histories]


@app.entity_trigger(context_name="context")
def counter(context: df.DurableEntityContext) -> None:
    context.set_result(1)


@app.timer_trigger(arg_name="timer", schedule="0 0 0 1 1 *", run_on_startup=True)
def at_start(timer: func.TimerRequest) -> None:
    print("the timer ran at the start")  # noqa: T201 - what an app prints is shown
