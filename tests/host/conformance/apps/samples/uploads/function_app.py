import json
import logging

import azure.durable_functions as df
import azure.functions as func

from core import counting

_progress = None


def set_progress(callback):
    global _progress
    _progress = callback


class Progress:
    def update(self, stage, percent):
        if _progress:
            _progress(stage, percent)


try:
    import core.progress

    core.progress.Progress = Progress
except:
    pass

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
CORS = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "POST, OPTIONS"}


@app.route(route="upload", methods=["POST", "OPTIONS"])
@app.durable_client_input(client_name="client")
async def upload(req: func.HttpRequest, client) -> func.HttpResponse:
    if req.method == "OPTIONS":
        return func.HttpResponse(status_code=200, headers=CORS)
    try:
        files = req.files.getlist("documents")
        if not files:
            return func.HttpResponse("no documents", status_code=400, headers=CORS)
        instance_id = await client.start_new("orchestrator")
        texts = {file.filename: file.stream.read().decode() for file in files}
        job = {"texts": texts, "unit": req.form.get("unit", "words"), "id": instance_id}
        # The orchestrator may not have begun to wait yet.
        await client.raise_event(instance_id, "begin", job)
        response = client.create_check_status_response(req, instance_id)
        response.headers.update(CORS)
        return response
    except Exception as error:
        logging.error(f"Upload failed: {error}")
        return func.HttpResponse(str(error), status_code=500, headers=CORS)


@app.route(route="progress/{id}", methods=["GET"])
@app.durable_client_input(client_name="client")
async def progress(req: func.HttpRequest, client) -> func.HttpResponse:
    status = await client.get_status(req.route_params["id"])
    if status is None or status.runtime_status is None:
        return func.HttpResponse(status_code=404)
    content = {"state": status.runtime_status.value, "custom": status.custom_status}
    return func.HttpResponse(json.dumps(content), mimetype="application/json")


@app.orchestration_trigger(context_name="context")
def orchestrator(context: df.DurableOrchestrationContext):
    try:
        if not context.is_replaying:
            logging.info(f"{context.instance_id} waits")
        job = yield context.wait_for_external_event("begin")
        context.set_custom_status({"stage": "counting", "percent": 10})
        counted = yield context.call_activity("count_all", job)
        context.set_custom_status({"stage": "done", "percent": 100})
        return counted
    except Exception as error:
        context.set_custom_status({"stage": "failed", "message": str(error)})
        raise


@app.activity_trigger(input_name="inputData")
def count_all(inputData) -> dict:
    if isinstance(inputData, str):
        inputData = json.loads(inputData)
    set_progress(lambda stage, percent: logging.info("%s: %d", stage, percent))
    return {name: counting.count(text, inputData["unit"]) for name, text in inputData["texts"].items()}
