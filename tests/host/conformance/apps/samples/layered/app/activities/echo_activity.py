from azure.durable_functions import Blueprint

from app.constants import ECHO_ACTIVITY
from app.models.request import EchoRequest

bp = Blueprint()


@bp.function_name(ECHO_ACTIVITY)
@bp.activity_trigger(input_name="request")
def echo(request: EchoRequest) -> str:
    return " ".join(request.words * request.times)
