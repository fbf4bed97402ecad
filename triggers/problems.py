"""Errors of the HTTP API as problem details (RFC 9457), told apart by what the caller can do."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import traceback
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from inspect import iscoroutinefunction
from typing import cast
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


async def respond(
    handler: Callable[..., func.HttpResponse | Awaitable[func.HttpResponse]],
    req: func.HttpRequest,
    context: func.Context,
    **clients: object,
) -> func.HttpResponse:
    """Return the answer of a handler; what it raises becomes a problem document.

    Args:
        handler: takes the request and, by keyword, the clients. One that is not async is run in a
            thread.
        req: the request.
        context: of the invocation; its id leads from the answer to the log.
        clients: what the handler takes beside the request.
    """
    try:
        if iscoroutinefunction(handler):
            response: func.HttpResponse = await handler(req, **clients)
            return response
        return cast(func.HttpResponse, await asyncio.to_thread(handler, req, **clients))
    except RequestError as error:
        return _problem(req, error.status, error.code, error.detail)
    except DocflowError as error:
        return _answer_to(error, req, context)
    except Exception as error:  # noqa: BLE001 - the caller gets an answer, the log the place
        _log(error, context)
        detail = f"Something went wrong here; the log knows more of {_invocation(context)}."
        return _problem(req, HTTPStatus.INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", detail)


def _answer_to(
    error: DocflowError, req: func.HttpRequest, context: func.Context
) -> func.HttpResponse:
    status = status_for(error)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log(error, context)
    response = _problem(req, status, error.code, error.message)
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
    req: func.HttpRequest, status: HTTPStatus, code: str, detail: str
) -> func.HttpResponse:
    body = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "instance": urlsplit(req.url).path,
        "code": code,
    }
    return func.HttpResponse(
        json.dumps(body, ensure_ascii=False),
        status_code=status.value,
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
        mimetype=PROBLEM_TYPE,
    )


def _log(error: Exception, context: func.Context) -> None:
    """Log what failed and where; not the message, which may quote a document."""
    name = error.code if isinstance(error, DocflowError) else type(error).__name__
    place = "".join(traceback.format_tb(error.__traceback__))
    logger.error("request failed: %s, %s\n%s", name, _invocation(context), place)


def _invocation(context: func.Context) -> str:
    return f"invocation {context.invocation_id}"
