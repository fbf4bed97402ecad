from azure.durable_functions import Blueprint, DurableOrchestrationClient
from azure.functions import HttpMethod, HttpRequest, HttpResponse

from app.constants import ECHO_ORCHESTRATION

bp = Blueprint()


@bp.route(route="orchestrators/echo", methods=[HttpMethod.POST], auth_level="anonymous")
@bp.durable_client_input(client_name="client")
async def start_echo(client: DurableOrchestrationClient, req: HttpRequest) -> HttpResponse:
    return await _start_echo(client, req)


async def _start_echo(client: DurableOrchestrationClient, req: HttpRequest) -> HttpResponse:
    instance_id = await client.start_new(
        orchestration_function_name=ECHO_ORCHESTRATION, client_input=req.get_json()
    )
    return client.create_check_status_response(req, instance_id)
