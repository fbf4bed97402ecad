"""A web application of its own behind one function: ASGI, or WSGI where a setting says so."""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import azure.functions as func

COOKIES = ("a=1; Path=/", "b=2; Path=/x")


async def over_asgi(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        return
    seen = {
        "method": scope["method"],
        "path": scope["path"],
        "query": scope["query_string"].decode(),
        "twice": dict(scope["headers"]).get(b"x-twice", b"").decode(),
        "body": (await receive())["body"].decode(),
    }
    body = json.dumps(seen).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    headers += [(b"set-cookie", cookie.encode()) for cookie in COOKIES]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def over_wsgi(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    seen = {
        "method": environ["REQUEST_METHOD"],
        "path": environ["PATH_INFO"],
        "query": environ["QUERY_STRING"],
        "twice": environ.get("HTTP_X_TWICE", ""),
        "body": environ["wsgi.input"].read().decode(),
    }
    body = json.dumps(seen).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    start_response("200 OK", [*headers, *(("Set-Cookie", cookie) for cookie in COOKIES)])
    return [body]


level = func.AuthLevel.ANONYMOUS
app = (
    func.WsgiFunctionApp(app=over_wsgi, http_auth_level=level)
    if os.environ.get("WEB_APP") == "WSGI"
    else func.AsgiFunctionApp(app=over_asgi, http_auth_level=level)
)
