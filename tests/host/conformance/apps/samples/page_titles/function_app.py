import logging
import re

import azure.durable_functions as df
import azure.functions as func
from aiohttp import ClientSession

titlesApp = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@titlesApp.route(route="CollectTitles_HttpStart")
@titlesApp.durable_client_input(client_name="client")
async def collect_start(req: func.HttpRequest, client):
    """Begins with the addresses in the body."""
    instance_id = await client.start_new("CollectTitles", None, req.get_json())
    logging.info("Collecting titles as %s", instance_id)
    return client.create_check_status_response(req, instance_id)


@titlesApp.orchestration_trigger(context_name="context")
def CollectTitles(context: df.DurableOrchestrationContext):
    logger = logging.getLogger("CollectTitles")
    logger.info("Asking for titles")
    tasks = []
    for address in context.get_input():
        tasks.append(context.call_activity("title_of", address))
    titles = yield context.task_all(tasks)
    return "; ".join(titles)


@titlesApp.activity_trigger(input_name="address")
async def title_of(address: str):
    try:
        async with ClientSession() as session:
            async with session.get(address) as response:
                response.raise_for_status()
                found = re.search(r"<title>(.*?)</title>", await response.text())
                return found.group(1) if found else "untitled"
    except Exception as error:
        return f"unreachable: {type(error).__name__}"


@titlesApp.route(route="pages/{number:int}")
def page(req: func.HttpRequest):
    body = f"<html><title>Page {req.route_params['number']}</title></html>"
    return func.HttpResponse(body, mimetype="text/html")
