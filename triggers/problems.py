"""Errors of the HTTP API as problem details (RFC 9457), told apart by what the caller can do."""

from __future__ import annotations

import functools
import json
import logging
import math
import traceback
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import ParamSpec
from urllib.parse import urlsplit

import azure.functions as func

from docflow.errors import (
    ConflictError,
    DocflowError,
    NotFoundError,
    PermanentError,
    TransientError,
)

logger = logging.getLogger("docflow.triggers")

PROBLEM_TYPE = "application/problem+json"

_RETRY_AFTER_SECONDS = 5
_STATUS_BY_CODE = {
    "ARTEFACT_MISSING": HTTPStatus.NOT_FOUND,
    "BAD_CONTINUATION": HTTPStatus.BAD_REQUEST,
}

Arguments = ParamSpec("Arguments")
Handler = Callable[Arguments, Awaitable[func.HttpResponse]]


class RequestError(Exception):
    """The request cannot be served as it is; the message tells the caller what to change."""

    def __init__(self, status: HTTPStatus, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail


def bad_parameter(name: str, detail: str) -> RequestError:
    """Say that a parameter of the query, or a field of the body, is wrong."""
    return RequestError(HTTPStatus.BAD_REQUEST, "BAD_REQUEST", f"{name}: {detail}")


def problem_details(handler: Handler[Arguments]) -> Handler[Arguments]:
    """Let an HTTP function raise: what it raises becomes the answer.

    The function takes its bindings by keyword, `req` and `context` among them.
    """

    @functools.wraps(handler)
    async def answer(*args: Arguments.args, **bindings: Arguments.kwargs) -> func.HttpResponse:
        try:
            return await handler(*args, **bindings)
        except RequestError as error:
            return _problem(bindings, error.status, error.code, error.detail)
        except DocflowError as error:
            return _answer_to(error, bindings)
        except Exception as error:  # noqa: BLE001 - the caller gets an answer, the log the place
            _log(error, bindings)
            detail = f"Something went wrong here; the log knows more of {_invocation(bindings)}."
            return _problem(bindings, HTTPStatus.INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", detail)

    return answer


def _answer_to(error: DocflowError, bindings: dict[str, object]) -> func.HttpResponse:
    status = status_for(error)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log(error, bindings)
    response = _problem(bindings, status, error.code, error.message)
    if isinstance(error, TransientError):
        seconds = error.retry_after_seconds or _RETRY_AFTER_SECONDS
        response.headers["Retry-After"] = str(math.ceil(seconds))
    return response


def status_for(error: DocflowError) -> HTTPStatus:
    """Give the HTTP status for an error of the domain."""
    match error:
        case NotFoundError():
            return HTTPStatus.NOT_FOUND
        case ConflictError():
            return HTTPStatus.CONFLICT
        case PermanentError():
            return _STATUS_BY_CODE.get(error.code, HTTPStatus.UNPROCESSABLE_ENTITY)
        case TransientError():
            return HTTPStatus.SERVICE_UNAVAILABLE
    return HTTPStatus.INTERNAL_SERVER_ERROR


def _problem(
    bindings: dict[str, object], status: HTTPStatus, code: str, detail: str
) -> func.HttpResponse:
    request = bindings.get("req")
    url = request.url if isinstance(request, func.HttpRequest) else ""
    body = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "instance": urlsplit(url).path,
        "code": code,
    }
    return func.HttpResponse(
        json.dumps(body, ensure_ascii=False),
        status_code=status.value,
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
        mimetype=PROBLEM_TYPE,
    )


def _log(error: Exception, bindings: dict[str, object]) -> None:
    """Log what failed and where; not the message, which may quote a document."""
    name = error.code if isinstance(error, DocflowError) else type(error).__name__
    place = "".join(traceback.format_tb(error.__traceback__))
    logger.error("request failed: %s, %s\n%s", name, _invocation(bindings), place)


def _invocation(bindings: dict[str, object]) -> str:
    return f"invocation {getattr(bindings.get('context'), 'invocation_id', '')}"
