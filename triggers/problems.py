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

from docflow.errors import DocflowError, ErrorCode, TransientError

logger = logging.getLogger("docflow.triggers")

PROBLEM_TYPE = "application/problem+json"

_RETRY_AFTER_SECONDS = 5

Arguments = ParamSpec("Arguments")
Handler = Callable[Arguments, Awaitable[func.HttpResponse]]


class RequestError(Exception):
    """The request cannot be served as it is; the message tells the caller what to change."""

    def __init__(self, code: ErrorCode, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


def bad_parameter(name: str, detail: str) -> RequestError:
    """Say that a parameter of the query, or a field of the body, is wrong."""
    return RequestError(ErrorCode.BAD_REQUEST, f"{name}: {detail}")


def problem_details(handler: Handler[Arguments]) -> Handler[Arguments]:
    """Let an HTTP function raise: what it raises becomes the answer.

    The function takes its bindings by keyword, `req` and `context` among them.
    """

    @functools.wraps(handler)
    async def answer(*args: Arguments.args, **bindings: Arguments.kwargs) -> func.HttpResponse:
        try:
            return await handler(*args, **bindings)
        except RequestError as error:
            return _problem(bindings, status_of(error.code), error.code, error.detail)
        except DocflowError as error:
            return _answer_to(error, bindings)
        except Exception as error:  # noqa: BLE001 - the caller gets an answer, the log the place
            _log(error, bindings)
            detail = f"Something went wrong here; the log knows more of {_invocation(bindings)}."
            code = ErrorCode.INTERNAL_ERROR
            return _problem(bindings, status_of(code), code, detail)

    return answer


def _answer_to(error: DocflowError, bindings: dict[str, object]) -> func.HttpResponse:
    status = status_of(error.code)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log(error, bindings)
    response = _problem(bindings, status, error.code, error.message)
    if isinstance(error, TransientError):
        seconds = error.retry_after_seconds or _RETRY_AFTER_SECONDS
        response.headers["Retry-After"] = str(math.ceil(seconds))
    return response


def status_of(code: str) -> HTTPStatus:
    """Return the HTTP status of an answer with this code.

    A code that should not get here is answered as one that passes, or as a defect.
    """
    if not isinstance(code, ErrorCode):
        return HTTPStatus.INTERNAL_SERVER_ERROR
    if code.heals:
        return code.status or HTTPStatus.SERVICE_UNAVAILABLE
    return code.status or HTTPStatus.INTERNAL_SERVER_ERROR


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
