"""The activities, one in each file; they do all I/O.

Each module contains one function with the name of the module and the decorator `activity`. It takes
its request and the clients and returns a payload. Tests call this function directly. The host calls
it through `perform`, which loads the payload, handles failures and returns the reply for history.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib import import_module
from typing import Any, Protocol, Self, TypeVar, cast, get_type_hints

import azure.durable_functions as df
import azure.functions as func

from docflow.clients import Clients, current_clients
from docflow.contracts import Activity
from docflow.durable.steps import Reply, StepDeferral, StepRefusal
from docflow.errors import ConfigurationError, PermanentError, TransientError
from docflow.models.payloads import Payload
from docflow.telemetry import joined, log_event, span
from docflow.work.disk import full_disk_deferred


class AboutDocument(Protocol):
    """The input of an activity: a payload that names its document."""

    @property
    def document_id(self) -> str:
        """Return the id of the document."""

    @classmethod
    def load(cls, raw: object) -> Self:
        """Return the value of a JSON object from history."""


RequestT = TypeVar("RequestT", bound=AboutDocument)
ResultT = TypeVar("ResultT", bound=Payload)

Step = Callable[[RequestT, Clients], ResultT]

_blueprint = df.Blueprint()
_NO_CONTEXT = cast(func.Context, None)
"""For calls without a host. The worker takes no other annotation than `func.Context`."""


def activity(
    step: Callable[[RequestT, Clients], ResultT],
) -> Callable[[RequestT, Clients], ResultT]:
    """Register a function as the activity of the same name.

    Args:
        step: a function with the name of a member of `Activity`; the annotation of its first
            parameter is the class of its payload.

    Returns:
        The unchanged function.

    Raises:
        ValueError: `Activity` has no member with this name.
    """
    name = Activity(step.__name__)
    request, *_ = get_type_hints(step).values()

    def run(payload: dict, context: func.Context = _NO_CONTEXT) -> dict:
        with joined(context):
            return perform(name, payload, request, step)

    run.__name__ = name.value
    run.__doc__ = step.__doc__
    _blueprint.activity_trigger(input_name="payload")(run)
    return step


def blueprint() -> df.Blueprint:
    """Return the blueprint with all activities; each member of `Activity` has a module."""
    for name in Activity:
        import_module(f"{__name__}.{name}")
    return _blueprint


def perform(
    name: Activity,
    payload: dict[str, Any],
    request: type[RequestT],
    step: Step[RequestT, Payload],
) -> dict[str, Any]:
    """Run an activity and return its reply, which is stored in history.

    A TransientError becomes a deferral: the orchestration tries again after a pause. A
    PermanentError or ConfigurationError becomes a refusal. Any other exception is a defect and
    fails the activity; the log contains its stack trace.
    """
    value = request.load(payload)
    document_id = value.document_id
    with span(name.value, document_id=document_id) as current:
        try:
            with full_disk_deferred():
                reply = Reply(value=step(value, current_clients()).dump())
        except TransientError as error:
            _log_failure("step_deferred", name, document_id, error.code)
            current.set_attribute("docflow.error_code", error.code)
            deferral = StepDeferral(
                code=error.code,
                message=error.message,
                retry_after_seconds=error.retry_after_seconds,
            )
            reply = Reply(deferred=deferral)
        except (PermanentError, ConfigurationError) as error:
            _log_failure("step_refused", name, document_id, error.code)
            current.set_attribute("docflow.error_code", error.code)
            reply = Reply(refused=StepRefusal(code=error.code, message=error.message))
    return reply.dump()


def _log_failure(event: str, name: Activity, document_id: str, code: str) -> None:
    log_event(event, document_id=document_id, level=logging.WARNING, step=name.value, code=code)
