from __future__ import annotations

import json
import logging

import pytest

from activities import perform
from docflow.clients import Clients
from docflow.contracts import Activity
from docflow.durable.steps import Reply
from docflow.errors import (
    ConfigurationError,
    ConflictError,
    ErrorCode,
    NotFoundError,
    TransientError,
)
from docflow.models.checks import ChecksRequest
from docflow.models.pages import PageRead
from docflow.models.payloads import Done
from testkit.fakes import fake_clients

PAYLOAD = {"document_id": "doc", "unknown": "from an older release"}


@pytest.fixture(autouse=True)
def clients(monkeypatch: pytest.MonkeyPatch) -> Clients:
    clients = fake_clients()
    monkeypatch.setattr("activities.current_clients", lambda: clients)
    return clients


def run(error: Exception | None = None) -> Reply:
    def body(_request: ChecksRequest, _clients: Clients) -> PageRead:
        if error is not None:
            raise error
        return PageRead(page=3)

    return Reply.load(perform(Activity.OCR_PAGE, PAYLOAD, ChecksRequest, body))


def test_a_body_gets_its_request_and_the_clients_of_the_process(clients: Clients) -> None:
    seen: list[object] = []

    def body(request: ChecksRequest, given: Clients) -> Done:
        seen.extend([request, given])
        return Done()

    perform(Activity.OCR_PAGE, PAYLOAD, ChecksRequest, body)

    assert seen == [ChecksRequest(document_id="doc"), clients]


def test_a_result_is_carried_as_the_value() -> None:
    assert run().dump() == {"value": {"page": 3}}


@pytest.mark.parametrize("seconds", [None, 30.0])
def test_a_failure_that_time_may_heal_is_a_deferral(seconds: float | None) -> None:
    deferred = run(
        TransientError(ErrorCode.OCR_THROTTLED, "Busy.", retry_after_seconds=seconds)
    ).deferred

    assert deferred is not None
    assert (deferred.code, deferred.message, deferred.retry_after_seconds) == (
        ErrorCode.OCR_THROTTLED,
        "Busy.",
        seconds,
    )


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotFoundError("Gone."), "NOT_FOUND"),
        (ConflictError(ErrorCode.SOURCE_GONE, "Gone."), "SOURCE_GONE"),
        (ConfigurationError("Set JIRA_TOKEN."), "CONFIGURATION"),
    ],
)
def test_a_failure_that_nothing_heals_is_a_refusal(error: Exception, code: str) -> None:
    refused = run(error).refused

    assert refused is not None
    assert refused.code == code


@pytest.mark.parametrize("error", [ValueError("bug"), OSError("no space left"), KeyError("x")])
def test_anything_else_is_a_defect_and_fails_the_activity(error: Exception) -> None:
    with pytest.raises(type(error)):
        run(error)


def test_a_request_that_is_not_one_fails_the_activity() -> None:
    with pytest.raises(ValueError, match="document_id"):
        perform(Activity.OCR_PAGE, {}, ChecksRequest, lambda _request, _clients: Done())


@pytest.mark.parametrize(
    ("error", "event"),
    [
        (TransientError(ErrorCode.OCR_THROTTLED, "Busy."), "step_deferred"),
        (NotFoundError("Gone."), "step_refused"),
    ],
)
def test_a_failure_leaves_a_line_with_its_code(
    caplog: pytest.LogCaptureFixture, error: TransientError, event: str
) -> None:
    with caplog.at_level(logging.INFO, "docflow"):
        run(error)

    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert json.loads(record.getMessage()) == {
        "event": event,
        "documentId": "doc",
        "instanceId": "doc",
        "step": "ocr_page",
        "code": error.code,
    }
