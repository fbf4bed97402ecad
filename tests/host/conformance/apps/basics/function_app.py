"""A little of everything that the host serves over HTTP."""
# mypy: disable-error-code="untyped-decorator, attr-defined"

from __future__ import annotations

import datetime
import json
import logging
from typing import Any

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)
Context = df.DurableOrchestrationContext
Client = df.DurableOrchestrationClient


# HTTP conventions


@app.route(route="echo/{word}/{number:int?}", methods=["GET", "POST"])
def echo(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    seen = {
        "method": req.method,
        "url": req.url,
        "header": req.headers.get("X-Test"),
        "query": dict(req.params),
        "route": dict(req.route_params),
        "body": req.get_body().decode(),
        "function": context.function_name,
        "invocation": len(context.invocation_id),
    }
    return func.HttpResponse(json.dumps(seen), mimetype="application/json", status_code=201)


@app.route(route="files/{*path}", auth_level=func.AuthLevel.ANONYMOUS)
async def files(req: func.HttpRequest) -> str:
    return str(req.route_params.get("path", ""))


@app.route(methods=["GET"])
def default_route(req: func.HttpRequest) -> str:
    return "by name"


@app.route(route="returns/{what}")
def returns(req: func.HttpRequest):  # type: ignore[no-untyped-def] # noqa: ANN201 - of any kind
    kinds = {
        "text": "plain",
        "none": None,
        "object": json.dumps({"statusCode": 418, "headers": {"X-A": "b"}, "body": {"tea": 1}}),
        "number": 5,
        "bytes": b"bytes",
        "dict": {"a": 1},
        "json": '{"a":[1,{"b":"ü"}],"c":{}}',
        "nearly-json": '{"a":',
    }
    if req.route_params["what"] == "raise":
        raise ValueError("an error of the app")
    if req.route_params["what"] == "cookies":
        response = func.HttpResponse(b"\x00\x01", headers={"X-One": "1"})
        response.headers.add("Set-Cookie", "a=1; Path=/")
        response.headers.add("Set-Cookie", "b=2")
        return response
    return kinds[req.route_params["what"]]


@app.route(route="overlap/{*rest}")
def a_general_route(req: func.HttpRequest) -> str:
    return "general"


@app.route(route="overlap/special")
def b_special_route(req: func.HttpRequest) -> str:
    return "special"


@app.route(route="administration", auth_level=func.AuthLevel.ANONYMOUS)
def conflicting_route(req: func.HttpRequest) -> str:
    return "never"


@app.route(route="request-headers")
def request_headers(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(json.dumps(dict(req.headers)), mimetype="application/json")


@app.route(route="for-admins", auth_level=func.AuthLevel.ADMIN)
def for_admins(req: func.HttpRequest) -> str:
    return "secret"


@app.route(route="log")
def write_log(req: func.HttpRequest) -> str:
    logging.getLogger("app").info("an informational line")
    logging.getLogger("app").error("an error line")
    return "logged"


# The Python client


@app.route(route="client/{operation}/{id?}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def use_client(req: func.HttpRequest, client: Client) -> func.HttpResponse:
    given = req.get_json() if req.get_body() else None
    try:
        result = await _operate(req, client, req.route_params.get("id", ""), given)
    except Exception as error:  # noqa: BLE001 - the test looks at whatever the client raises
        result = {"raised": str(error)}
    if isinstance(result, func.HttpResponse):
        return result
    return func.HttpResponse(json.dumps(result), mimetype="application/json")


async def _operate(req: func.HttpRequest, client: Client, name: str, given: Any) -> Any:
    operation = req.route_params["operation"]
    special = {
        "start": _start,
        "wait": _start,
        "status": _status,
        "status_all": _status_all,
        "raise": _raise,
        "purge": _purge,
        "purge_by": _purge_by,
        "restart": _restart,
    }
    if operation in special:
        return await special[operation](req, client, name, given)
    return await getattr(client, operation)(name, "a reason")


async def _start(req: func.HttpRequest, client: Client, name: str, given: Any) -> Any:
    started = await client.start_new(given["name"], name or None, given.get("input"))
    if req.route_params["operation"] == "start":
        return client.create_check_status_response(req, started)
    return await client.wait_for_completion_or_create_check_status_response(req, started, 5000, 100)


async def _status(_req: func.HttpRequest, client: Client, name: str, _given: Any) -> Any:
    status = await client.get_status(name)
    return status.to_json() if status else None


async def _status_all(_req: func.HttpRequest, client: Client, _name: str, _given: Any) -> Any:
    return [status.instance_id for status in await client.get_status_all()]


async def _raise(_req: func.HttpRequest, client: Client, name: str, given: Any) -> Any:
    return await client.raise_event(name, given["event"], given["data"])


async def _purge(_req: func.HttpRequest, client: Client, name: str, _given: Any) -> Any:
    return (await client.purge_instance_history(name)).instances_deleted


async def _purge_by(_req: func.HttpRequest, client: Client, _name: str, _given: Any) -> Any:
    found = await client.purge_instance_history_by(
        created_time_from=datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC),
        runtime_status=[df.OrchestrationRuntimeStatus.Terminated],
    )
    return found.instances_deleted


async def _restart(_req: func.HttpRequest, client: Client, name: str, _given: Any) -> Any:
    return await client.restart(name, restart_with_new_instance_id=False)


# Orchestrations


@app.orchestration_trigger(context_name="context")
def fan_out(context: Context) -> Any:
    count = int(str(context.get_input() or 3))
    return (yield context.task_all([context.call_activity("letter", i) for i in range(count)]))


@app.activity_trigger(input_name="value")
def letter(value: int) -> str:
    return "abcdefghij"[value % 10]


@app.orchestration_trigger(context_name="context")
def approval(context: Context) -> Any:
    timer = context.create_timer(context.current_utc_datetime + datetime.timedelta(hours=1))
    event = context.wait_for_external_event("Go")
    context.set_custom_status({"stage": "waiting"})
    winner = yield context.task_any([timer, event])
    if winner == event:
        timer.cancel()
        return event.result
    return "late"


@app.orchestration_trigger(context_name="context")
def hello(context: Context) -> Any:
    return (yield context.call_activity("greet", context.get_input()))


@app.activity_trigger(input_name="name")
async def greet(name: str) -> str:
    return f"Hello {name}"


@app.orchestration_trigger(context_name="context")
def fails(context: Context) -> Any:
    yield context.call_activity("raises", "x")


@app.activity_trigger(input_name="value")
def raises(value: str) -> None:
    raise ValueError(f"no {value}")


@app.orchestration_trigger(context_name="context")
def nests(context: Context) -> Any:
    return (yield context.call_sub_orchestrator("hello", "child"))


@app.orchestration_trigger(context_name="context")
def fetches(context: Context) -> Any:
    answer = yield context.call_http("GET", str(context.get_input()))
    return [answer["statusCode"], answer["content"]]


@app.orchestration_trigger(context_name="context")
def lost(context: Context) -> Any:
    yield context.call_activity("no_such_activity", 1)


# Timers


@app.timer_trigger(arg_name="timer", schedule="%OFTEN%", run_on_startup=False)
def often(timer: func.TimerRequest) -> None:
    logging.getLogger("app").warning("timer fired, past due: %s", timer.past_due)
