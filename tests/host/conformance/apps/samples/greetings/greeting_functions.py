import logging

import azure.durable_functions as df
import azure.functions as func

bp = df.Blueprint()


@bp.route(route="startGreetings")
@bp.durable_client_input(client_name="client")
async def start_greetings(req: func.HttpRequest, client):
    instance_id = await client.start_new("greet_all")
    logging.info(f"Greeting as {instance_id}")
    return await client.wait_for_completion_or_create_check_status_response(req, instance_id)


@bp.orchestration_trigger(context_name="context")
def greet_all(context: df.DurableOrchestrationContext):
    first = yield context.call_activity("greet", "Lisbon")
    second = yield context.call_activity("greet", "Oslo")
    third = yield context.call_activity("greet", "Kyoto")
    return [first, second, third]


@bp.activity_trigger(input_name="city")
def greet(city: str) -> str:
    return f"Good morning, {city}"
