"""Errors of the HTTP API as problem details (RFC 9457)."""

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

from docflow.errors import DocflowError, ErrorCode, TransientError
from docflow.work.disk import full_disk_deferred

logger = logging.getLogger("docflow.triggers")

PROBLEM_TYPE = "application/problem+json"

_RETRY_AFTER_SECONDS = 5


class RequestError(Exception):
    """A request that cannot be answered; the message tells the caller what to change."""

    def __init__(self, code: ErrorCode, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


def bad_parameter(name: str, detail: str) -> RequestError:
    """Return the error for a wrong parameter of the query or a wrong field of the body."""
    return RequestError(ErrorCode.BAD_REQUEST, f"{name}: {detail}")


async def respond(
    handler: Callable[..., func.HttpResponse | Awaitable[func.HttpResponse]],
    req: func.HttpRequest,
    context: func.Context,
    *,
    check: Callable[[], None] = lambda: None,
    **clients: object,
) -> func.HttpResponse:
    """Return the answer of a handler, or problem details for an exception that it raises.

    Args:
        handler: takes the request and, by keyword, the clients; if it is not async, it runs in a
            thread.
        req: the request.
        context: of the invocation; its id is part of the answer and of the log.
        check: raises an error for a request that is refused before the handler sees it.
        clients: the keyword arguments of the handler.
    """
    try:
        check()
        with full_disk_deferred():
            if iscoroutinefunction(handler):
                response: func.HttpResponse = await handler(req, **clients)
                return response
            return cast(func.HttpResponse, await asyncio.to_thread(handler, req, **clients))
    except RequestError as error:
        return _problem(req, status_of(error.code), error.code, error.detail)
    except DocflowError as error:
        return _answer_to(error, req, context)
    except Exception as error:  # noqa: BLE001 - the caller gets an answer, the log the stack
        _log(error, context)
        detail = f"An internal error occurred. See the log for {_invocation(context)}."
        code = ErrorCode.INTERNAL_ERROR
        return _problem(req, status_of(code), code, detail)


def _answer_to(
    error: DocflowError, req: func.HttpRequest, context: func.Context
) -> func.HttpResponse:
    status = status_of(error.code)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log(error, context)
    response = _problem(req, status, error.code, error.message)
    if isinstance(error, TransientError):
        seconds = error.retry_after_seconds or _RETRY_AFTER_SECONDS
        response.headers["Retry-After"] = str(math.ceil(seconds))
    return response


def status_of(code: str) -> HTTPStatus:
    """Return the HTTP status for an error code.

    A code without a status is answered with 503 if a retry can help, otherwise with 500.
    """
    if not isinstance(code, ErrorCode):
        return HTTPStatus.INTERNAL_SERVER_ERROR
    if code.heals:
        return code.status or HTTPStatus.SERVICE_UNAVAILABLE
    return code.status or HTTPStatus.INTERNAL_SERVER_ERROR


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
        json.dumps(body, ensure_ascii=False).encode(errors="replace"),
        status_code=status.value,
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
        mimetype=PROBLEM_TYPE,
    )


def _log(error: Exception, context: func.Context) -> None:
    """Log the code and the stack, but not the message, which may contain document text."""
    name = error.code if isinstance(error, DocflowError) else type(error).__name__
    place = "".join(traceback.format_tb(error.__traceback__))
    logger.error("request failed: %s, %s\n%s", name, _invocation(context), place)


def _invocation(context: func.Context) -> str:
    return f"invocation {context.invocation_id}"
