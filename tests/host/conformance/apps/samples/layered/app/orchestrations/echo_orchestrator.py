from azure.durable_functions import Blueprint, DurableOrchestrationContext

from app.constants import ECHO_ACTIVITY, ECHO_ORCHESTRATION
from app.models.request import EchoRequest

bp = Blueprint()


@bp.function_name(ECHO_ORCHESTRATION)
@bp.orchestration_trigger(context_name="context")
def orchestrate(context: DurableOrchestrationContext):
    return (yield from _orchestrate(context))


def _orchestrate(context: DurableOrchestrationContext):
    given = context.get_input()
    echoed = yield context.call_activity(ECHO_ACTIVITY, EchoRequest(**given))
    return echoed
