"""Responses of the management API: JSON, and the bodies of its errors."""

from __future__ import annotations

import json
import logging

from aiohttp import web

log = logging.getLogger(__name__)


def json_response(
    status: int, content: object, headers: dict[str, str] | None = None
) -> web.Response:
    """Return a response with JSON as its body."""
    return web.Response(
        status=status,
        text=json.dumps(content),
        headers=headers,
        content_type="application/json",
        charset="utf-8",
    )


def error_response(status: int, message: str, exception: str, kind: str) -> web.Response:
    """Return a response whose body describes an exception as the extension does."""
    if status >= 500:
        log.error("Durable management API: %s", exception)
    return json_response(
        status,
        {
            "Message": message,
            "ExceptionMessage": exception,
            "ExceptionType": kind,
            "StackTrace": "",
        },
    )
