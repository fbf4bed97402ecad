import logging

import azure.durable_functions as df
import azure.functions as func

from activities import askModel, readDocument, storeResult
from utils.checks import is_list_of_files

app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)


@app.route(route="orchestrators/{functionName}")
@app.durable_client_input(client_name="client")
async def http_start(req: func.HttpRequest, client):
    files = req.get_json().get("files", [])
    if not is_list_of_files(files):
        return func.HttpResponse("'files' has to be a list that is not empty.", status_code=400)
    name = req.route_params.get("functionName")
    instance_id = await client.start_new(name, client_input=files)
    logging.info(f"Processing {len(files)} files as {instance_id}")
    return client.create_check_status_response(req, instance_id)


@app.function_name(name="pipeline")
@app.orchestration_trigger(context_name="context")
def run(context):
    parts = []
    for file in context.get_input():
        parts.append(context.call_sub_orchestrator("ProcessFile", file))
    results = yield context.task_all(parts)
    return results


@app.function_name(name="ProcessFile")
@app.orchestration_trigger(context_name="context")
def process_file(context):
    file = context.get_input()
    text = yield context.call_activity("readDocument", file)
    answer = yield context.call_activity("askModel", {"text": text, "instance": context.instance_id})
    stored = yield context.call_activity("storeResult", {"name": file["name"], "answer": answer})
    return {"file": file, "text": text, "answer": answer, "stored": stored}


app.register_functions(readDocument.bp)
app.register_functions(askModel.bp)
app.register_functions(storeResult.bp)
