"""A little of everything that the host has to run."""

from __future__ import annotations

import datetime
import json
from typing import Any

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route(route="start/{name}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    body = req.get_body()
    given = json.loads(body) if body else None
    instance_id = await client.start_new(
        req.route_params["name"], instance_id=req.params.get("id"), client_input=given
    )
    return client.create_check_status_response(req, instance_id)


@app.orchestration_trigger(context_name="context")
def fan_out(context: df.DurableOrchestrationContext) -> Any:
    count = context.get_input() or 3
    results = yield context.task_all([context.call_activity("shout", i) for i in range(count)])
    return results


@app.activity_trigger(input_name="value")
def shout(value: int) -> str:
    return "abcdefghij"[value % 10]


@app.orchestration_trigger(context_name="context")
def approval(context: df.DurableOrchestrationContext) -> Any:
    timer = context.create_timer(context.current_utc_datetime + datetime.timedelta(seconds=60))
    event = context.wait_for_external_event("Go")
    context.set_custom_status({"stage": "waiting"})
    winner = yield context.task_any([timer, event])
    if winner == event:
        timer.cancel()
        return event.result
    return "late"
