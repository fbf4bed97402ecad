"""Requests as functions see them, and responses made of what functions return."""

from __future__ import annotations

import json
from collections.abc import Iterable
from http.cookies import Morsel
from typing import Any

import azure.functions as func
from aiohttp import web
from azure.functions.meta import Datum

from devstack.functions_host.app.indexing import sdk_converter
from devstack.functions_host.app.invocation import Value


class HeaderRefusedError(Exception):
    """A header holds something else than ASCII (400)."""


async def request_value(request: web.Request, path: str, values: dict[str, str]) -> Value:
    """Return a request as the value of an HTTP trigger.

    Args:
        request: The request.
        path: Its path, still quoted, with the dots resolved.
        values: The parameters of the route.

    Raises:
        HeaderRefusedError: A header is not ASCII.
    """
    question = f"?{request.rel_url.raw_query_string}" if request.rel_url.raw_query_string else ""
    headers = _joined((name.lower(), text) for name, text in request.headers.items())
    if not all(text.isascii() for text in headers.values()):
        raise HeaderRefusedError
    # Empty values are dropped, as the real host does.
    query = {name: text for name, text in _joined(request.query.items()).items() if text}
    http = {
        "method": Datum(request.method, "string"),
        "url": Datum(f"{request.scheme}://{request.host}/{path}{question}", "string"),
        "headers": _strings(headers),
        "query": _strings(query),
        "params": _strings(values),
        "body": Datum(await request.read(), "bytes"),
    }
    return Value.of(http, "http")


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Join the texts whose names differ in letter case at most; empty ones count for nothing."""
    spellings: dict[str, str] = {}
    found: dict[str, list[str]] = {}
    for name, text in pairs:
        found.setdefault(spellings.setdefault(name.lower(), name), []).append(text)
    return {name: ",".join(filter(None, texts)) for name, texts in found.items()}


def _strings(texts: dict[str, str]) -> dict[str, Datum]:
    return {name: Datum(text, "string") for name, text in texts.items()}


def response_of(result: object) -> web.Response:
    """Turn what a function returned into a response: a string, or the SDK's HttpResponse.

    Raises:
        TypeError: The real host makes no response of such a value (500).
    """
    if not isinstance(result, str | func.HttpResponse):
        kind = "None" if result is None else f"a value of type {type(result).__name__}"
        raise TypeError(f"an HTTP function returns a str or an HttpResponse; this returned {kind}")
    datum = sdk_converter("http").encode(result, expected_type=None)
    if datum.type == "string":
        return _text_response(str(datum.value))
    content = datum.value
    body = content["body"].value
    response = web.Response(status=_status(content["status_code"].value), body=body)
    response.headers.popall("Content-Type", None)
    for name, value in content["headers"].items():
        if not _frames(name, body):
            response.headers[name] = value.value
    for cookie in content["cookies"] or ():
        for morsel in cookie.values():
            _add_cookie(response, morsel)
    return response


def _status(text: object) -> int:
    status = int(str(text))
    if not 100 <= status <= 999:
        raise ValueError(f"an HTTP function answered with the status {status}")
    return status


def _frames(name: str, body: bytes) -> bool:
    """Return whether a header says how the body is sent, which is for the server to say.

    An answer to HEAD names the length of a body that it does not have.
    """
    return name.lower() == "transfer-encoding" or (name.lower() == "content-length" and bool(body))


def _add_cookie(response: web.Response, morsel: Morsel[str]) -> None:
    response.headers.add("Set-Cookie", morsel.OutputString())


def _text_response(text: str) -> web.Response:
    """Answer with a string; JSON is written anew, an object with ``body`` is a whole response."""
    content = _object_or_array(text)
    if content is None:
        return web.Response(text=text)
    if isinstance(content, list) or "body" not in content:
        return web.Response(text=json.dumps(content, indent=2, ensure_ascii=False))
    status = _status(content.get("statusCode") or content.get("status") or 200)
    body = content["body"]
    if isinstance(body, str):
        response = web.Response(status=status, text=body)
    else:
        response = web.json_response(body, status=status)
    for name, value in (content.get("headers") or {}).items():
        response.headers[name] = str(value)
    return response


def _object_or_array(text: str) -> dict[str, Any] | list[Any] | None:
    if text.strip()[:1] not in ("{", "["):
        return None
    try:
        content: dict[str, Any] | list[Any] = json.loads(text)
    except ValueError:
        return None
    return content
