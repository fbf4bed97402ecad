from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from typing import Any

import azure.functions as func
import pytest

from docflow.errors import (
    ConfigurationError,
    ConflictError,
    DocflowError,
    ErrorCode,
    NotFoundError,
    PermanentError,
    StepFailed,
    TransientError,
)
from triggers.problems import problem_details, status_of

Request = Callable[..., func.HttpRequest]
Call = Callable[..., Any]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFoundError("no"), 404),
        (ConflictError(ErrorCode.NOT_WAITING, "no"), 409),
        (PermanentError(ErrorCode.ARTEFACT_MISSING, "no"), 404),
        (PermanentError(ErrorCode.BAD_CONTINUATION, "no"), 400),
        (PermanentError(ErrorCode.DAMAGED, "no"), 422),
        (TransientError(ErrorCode.OCR_UNAVAILABLE, "no"), 503),
        (ConfigurationError("no"), 500),
        (StepFailed("step", "CODE", "no"), 500),
    ],
)
def test_errors_of_the_domain_have_their_status(error: DocflowError, status: int) -> None:
    assert status_of(error.code) == status


def raising(error: Exception) -> Callable[..., func.HttpResponse]:
    def body(_: func.HttpRequest) -> func.HttpResponse:
        raise error

    return body


def test_a_problem_tells_what_and_where(call: Call, request_to: Request) -> None:
    answer = call(raising(NotFoundError("There is no x.")), request_to("documents/x", limit="1"))
    assert answer.json == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is no x.",
        "instance": "/api/documents/x",
        "code": "NOT_FOUND",
    }
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_service_that_is_away_says_when_to_come_back(call: Call, request_to: Request) -> None:
    error = TransientError(ErrorCode.STORAGE_UNAVAILABLE, "busy", retry_after_seconds=1.2)
    assert call(raising(error), request_to("x")).headers["Retry-After"] == "2"


def test_a_defect_shows_and_logs_no_internals(
    call: Call, request_to: Request, caplog: pytest.LogCaptureFixture
) -> None:
    answer = call(raising(ValueError("text of the document")), request_to("x"))
    status, code, detail = answer.problem
    assert (status, code) == (500, "INTERNAL_ERROR")
    assert "invocation-1" in detail
    assert b"text of" not in answer.content
    assert "ValueError" in caplog.text
    assert "invocation-1" in caplog.text
    assert "text of" not in caplog.text


def test_the_worker_sees_the_signature_of_the_function() -> None:
    @problem_details
    async def show(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
        return func.HttpResponse()

    assert list(inspect.signature(show).parameters) == ["req", "context"]
    assert typing.get_type_hints(show)["req"] is func.HttpRequest
    assert inspect.iscoroutinefunction(show)
