"""The orchestrators, one in each file: deterministic and short, without I/O.

Each module contains one generator function with the name of the module and the decorator
`orchestrator`. It takes the durable context and its request and returns a payload.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar, get_type_hints

import azure.durable_functions as df

from docflow.contracts import Orchestrator
from docflow.durable.steps import Context, Steps
from docflow.models.payloads import Payload

RequestT = TypeVar("RequestT", bound=Payload)
ResultT = TypeVar("ResultT", bound=Payload)

OrchestratorBody = Callable[[Context, RequestT], Steps[ResultT]]

_blueprint = df.Blueprint()


def orchestrator(body: OrchestratorBody[RequestT, ResultT]) -> OrchestratorBody[RequestT, ResultT]:
    """Register a function as the orchestrator of the same name.

    Args:
        body: a function with the name of a member of `Orchestrator`; the annotation of its second
            parameter is the class of its payload.

    Returns:
        The unchanged function.

    Raises:
        ValueError: `Orchestrator` has no member with this name.
    """
    name = Orchestrator(body.__name__)
    _, request, *_ = get_type_hints(body).values()

    def run(context: Context) -> Steps[dict[str, Any]]:
        result = yield from body(context, request.load(context.get_input(expected_type=dict)))
        return result.dump()

    run.__name__ = name.value
    run.__doc__ = body.__doc__
    _blueprint.orchestration_trigger(context_name="context")(run)
    return body


def blueprint() -> df.Blueprint:
    """Return the blueprint with all orchestrators; each member of `Orchestrator` has a module."""
    for name in Orchestrator:
        import_module(f"{__name__}.{name}")
    return _blueprint
