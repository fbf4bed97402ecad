import logging
import os

import azure.durable_functions as df
import azure.functions as func

app = func.FunctionApp()


@app.route(route="hello")
def hello(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("Hello")


@app.event_grid_trigger(arg_name="event")
@app.durable_client_input(client_name="client")
async def on_event(event: func.EventGridEvent, client: df.DurableOrchestrationClient):
    name = event.get_json()["url"].split("/")[-1]
    await client.start_new("read_file", None, name)


@app.orchestration_trigger(context_name="context")
def read_file(context: df.DurableOrchestrationContext):
    name = context.get_input()
    logging.info(f"Reading {name}")
    try:
        return (yield context.call_activity("read", name))
    except Exception as error:
        logging.error(f"Reading {name} failed: {error}")
        raise


@app.activity_trigger(input_name="fileName")
def read(fileName: str):
    try:
        with open(os.path.join(os.environ["FILES"], fileName)) as file:
            return f"{len(file.read())} characters"
    except Exception as error:
        logging.error(f"No luck with {fileName}: {error}")
        raise
    finally:
        logging.info("The end of it")


@app.route(route="startReading")
@app.durable_client_input(client_name="client")
async def http_start(req: func.HttpRequest, client: df.DurableOrchestrationClient):
    name = req.params.get("file")
    if not name:
        return func.HttpResponse("Which 'file'?", status_code=400)
    instance_id = await client.start_new("read_file", None, name)
    return client.create_check_status_response(req, instance_id)
