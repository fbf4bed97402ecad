from __future__ import annotations

import asyncio
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
from testkit.app import Answer, Invocation, request
from triggers.problems import respond, status_of


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


def answer_to(error: Exception, path: str = "x", **query: str) -> Answer:
    """What a caller gets whose request ends in this error."""

    def handler(_: func.HttpRequest) -> func.HttpResponse:
        raise error

    context: Any = Invocation("invocation-1")
    return Answer(asyncio.run(respond(handler, request("GET", path, query=query), context)))


def test_a_problem_tells_what_and_where() -> None:
    answer = answer_to(NotFoundError("There is no x."), "documents/x", limit="1")

    assert answer.json == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is no x.",
        "instance": "/api/documents/x",
        "code": "NOT_FOUND",
    }
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_service_that_is_away_says_when_to_come_back() -> None:
    error = TransientError(ErrorCode.STORAGE_UNAVAILABLE, "busy", retry_after_seconds=1.2)

    assert answer_to(error).headers["Retry-After"] == "2"


def test_a_defect_shows_and_logs_no_internals(caplog: pytest.LogCaptureFixture) -> None:
    answer = answer_to(ValueError("text of the document"))

    assert answer.problem == (500, "INTERNAL_ERROR")
    assert "invocation-1" in answer.detail
    assert b"text of" not in answer.content
    assert "ValueError" in caplog.text
    assert "invocation-1" in caplog.text
    assert "text of" not in caplog.text
