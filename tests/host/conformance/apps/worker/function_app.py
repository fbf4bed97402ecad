"""One function of each kind, to compare the stand-in with Azure's own worker."""
# mypy: disable-error-code="untyped-decorator, attr-defined"

from __future__ import annotations

import json
from typing import Any

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp()


class Coin:
    """Travels through the durable codec by its own methods."""

    def __init__(self, cents: int) -> None:
        self.cents = cents

    @staticmethod
    def to_json(coin: Coin) -> int:
        return coin.cents

    @staticmethod
    def from_json(cents: int) -> Coin:
        return Coin(cents)


@app.activity_trigger(input_name="value")
def sync_activity(value: dict) -> Any:  # type: ignore[type-arg]
    return {"seen": value, "type": type(value).__name__}


@app.activity_trigger(input_name="value")
async def async_activity(value: Any) -> Any:
    return [value, None, "ä"]


@app.activity_trigger(input_name="coin")
def coin_activity(coin: Coin) -> Coin:
    return Coin(coin.cents + 1)


@app.activity_trigger(input_name="value")
def failing_activity(value: str) -> None:
    raise KeyError(value)


@app.activity_trigger(input_name="value")
def unserialisable_activity(value: str) -> object:
    return {1, 2}


@app.orchestration_trigger(context_name="context")
def orchestrator(context: df.DurableOrchestrationContext) -> Any:
    first = yield context.call_activity("sync_activity", {"a": 1})
    return first


@app.orchestration_trigger(context_name="context")
def failing_orchestrator(context: df.DurableOrchestrationContext) -> Any:
    yield context.call_activity("sync_activity", 1)
    raise ValueError("no way")


@app.route(route="x/{id}")
def http_response(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    seen = {
        "method": req.method,
        "url": req.url,
        "id": req.route_params.get("id"),
        "query": req.params.get("q"),
        "header": req.headers.get("X-Test"),
        "body": req.get_json(),
        "function": context.function_name,
    }
    headers = {"X-Answer": "yes", "Set-Cookie": "a=1; Path=/"}
    return func.HttpResponse(json.dumps(seen), status_code=202, headers=headers)


@app.route()
async def http_text(req: func.HttpRequest) -> str:
    return req.get_body().decode()


@app.route()
def http_failing(req: func.HttpRequest) -> str:
    raise RuntimeError("http")


@app.route()
@app.durable_client_input(client_name="client")
async def http_client(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> str:
    return json.dumps(client.create_http_management_payload("one"))


@app.timer_trigger(arg_name="timer", schedule="0 0 0 1 1 *")
def timed(timer: func.TimerRequest) -> None:
    if not timer.past_due:
        raise ValueError("on time")


@app.timer_trigger(arg_name="timer", schedule="0 0 0 1 1 *")
def timed_with_result(timer: func.TimerRequest) -> str:
    return "nobody wants it"


@app.blob_trigger(arg_name="content", path="in/{name}", connection="X")
def blob_stream(content: func.InputStream) -> None:
    seen = [content.name, content.uri, content.length, content.metadata, content.read().decode()]
    raise ValueError(json.dumps(seen))


@app.blob_trigger(arg_name="content", path="in/{name}", connection="X")
def blob_bytes(content: bytes) -> None:
    raise ValueError(repr(content))
