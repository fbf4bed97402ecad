"""The steps: one activity a file; they own all I/O.

A module holds one plain function of its own name, marked with `activity`: it takes its request and
the clients and returns a payload. Tests call that function; the host calls it through the boundary
here, which loads the payload, tells failures apart and dumps the reply that history carries.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib import import_module
from typing import Any, Protocol, Self, TypeVar, get_type_hints

import azure.durable_functions as df

from docflow.clients import Clients, current_clients
from docflow.contracts import Activity
from docflow.durable.steps import Deferral, Refusal, Reply
from docflow.errors import ConfigurationError, PermanentError, TransientError
from docflow.models.payloads import Payload
from docflow.telemetry import log_event, span


class AboutDocument(Protocol):
    """The input of an activity: a payload that names its document."""

    @property
    def document_id(self) -> str:
        """The document that the activity works on."""

    @classmethod
    def load(cls, raw: object) -> Self:
        """Read the value back from what history holds."""


RequestT = TypeVar("RequestT", bound=AboutDocument)
ResultT = TypeVar("ResultT", bound=Payload)

Step = Callable[[RequestT, Clients], ResultT]

_blueprint = df.Blueprint()


def activity(
    step: Callable[[RequestT, Clients], ResultT],
) -> Callable[[RequestT, Clients], ResultT]:
    """Register a function as the activity of its own name.

    Args:
        step: a function named like a member of `Activity`, whose first parameter is annotated with
            the payload it takes.

    Returns:
        The function as it is.

    Raises:
        ValueError: `Activity` has no member of that name.
    """
    name = Activity(step.__name__)
    request, *_ = get_type_hints(step).values()

    def run(payload: dict) -> dict:
        return perform(name, payload, request, step)

    run.__name__ = name.value
    run.__doc__ = step.__doc__
    _blueprint.activity_trigger(input_name="payload")(run)
    return step


def blueprint() -> df.Blueprint:
    """Return all activities; the members of `Activity` say which modules there are."""
    for name in Activity:
        import_module(f"{__name__}.{name}")
    return _blueprint


def perform(
    name: Activity,
    payload: dict[str, Any],
    request: type[RequestT],
    step: Step[RequestT, Payload],
) -> dict[str, Any]:
    """Run an activity and return the reply that history carries.

    A TransientError becomes a deferral (the orchestration tries again after a pause), a permanent
    one a refusal. Anything else is a defect and fails the activity, with its stack in the log.
    """
    value = request.load(payload)
    document_id = value.document_id
    with span(name.value, document_id=document_id) as current:
        try:
            reply = Reply(value=step(value, current_clients()).dump())
        except TransientError as error:
            _log_failure("step_deferred", name, document_id, error.code)
            current.set_attribute("docflow.error_code", error.code)
            deferral = Deferral(
                code=error.code,
                message=error.message,
                retry_after_seconds=error.retry_after_seconds,
            )
            reply = Reply(deferred=deferral)
        except (PermanentError, ConfigurationError) as error:
            _log_failure("step_refused", name, document_id, error.code)
            current.set_attribute("docflow.error_code", error.code)
            reply = Reply(refused=Refusal(code=error.code, message=error.message))
    return reply.dump()


def _log_failure(event: str, name: Activity, document_id: str, code: str) -> None:
    log_event(event, document_id=document_id, level=logging.WARNING, step=name.value, code=code)
