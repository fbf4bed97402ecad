"""Between a plain activity body and the durable history: load, run, tell failures apart, dump."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Protocol, Self, TypeVar

from docflow.clients import Clients, current_clients
from docflow.contracts import Activity
from docflow.durable.steps import Deferral, Refusal, Reply
from docflow.errors import ConfigurationError, PermanentError, TransientError
from docflow.models.payloads import Payload
from docflow.telemetry import log_event, span


class _AboutDocument(Protocol):
    @property
    def document_id(self) -> str: ...

    @classmethod
    def load(cls, raw: object) -> Self: ...


RequestT = TypeVar("RequestT", bound=_AboutDocument)


def perform(
    activity: Activity,
    payload: dict[str, Any],
    request: type[RequestT],
    body: Callable[[RequestT, Clients], Payload],
) -> dict[str, Any]:
    """Run an activity's body and give the reply that history carries.

    A TransientError becomes a deferral (the orchestration tries again after a pause), a permanent
    one a refusal. Anything else is a defect and fails the activity, with its stack in the log.
    """
    value = request.load(payload)
    document_id = value.document_id
    with span(activity.value, document_id=document_id) as current:
        try:
            result = body(value, current_clients())
        except TransientError as error:
            _log_failure("step_deferred", activity, document_id, error.code)
            current.set_attribute("docflow.error_code", error.code)
            deferral = Deferral(
                code=error.code,
                message=error.message,
                retry_after_seconds=error.retry_after_seconds,
            )
            return Reply(deferred=deferral).dump()
        except (PermanentError, ConfigurationError) as error:
            _log_failure("step_refused", activity, document_id, error.code)
            current.set_attribute("docflow.error_code", error.code)
            return Reply(refused=Refusal(code=error.code, message=error.message)).dump()
    return Reply(value=result.dump()).dump()


def _log_failure(event: str, activity: Activity, document_id: str, code: str) -> None:
    log_event(event, document_id=document_id, level=logging.WARNING, step=activity.value, code=code)
