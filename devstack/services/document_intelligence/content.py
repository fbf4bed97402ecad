"""Take the document out of a request: its bytes, also as Base64, or what its `urlSource` names."""

from __future__ import annotations

import base64
import json
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from devstack.services.document_intelligence.analyze_result import LAYOUT, READ
from devstack.services.document_intelligence.answers import (
    error_body,
    invalid_argument,
    invalid_request,
    too_large,
    unauthorized,
)
from devstack.services.http.credentials import has_credential

MAX_CONTENT_BYTES = 500 * 1024 * 1024
"""The standard tier's limit on a document."""
MAX_BODY_BYTES = MAX_CONTENT_BYTES * 4 // 3
"""The longest body: a document in Base64."""
FETCH_TIMEOUT_SECONDS = 30
SOURCES = ("urlSource", "base64Source")
LOOPBACK_HOSTS = {"127.0.0.1", "localhost", "::1"}
MODELS = (READ, LAYOUT)
CONTENT_TYPES = {
    "application/octet-stream",
    "application/pdf",
    "image/jpeg",
    "image/png",
    "image/tiff",
    "image/bmp",
    "text/html",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}


class RefusedError(Exception):
    """The request carries no document that can be taken; `response` says why."""

    def __init__(self, response: web.Response) -> None:
        super().__init__(response.status)
        self.response = response


def refusal_of_model(request: web.Request) -> web.Response | None:
    """Return the refusal of a request without a credential, or for an unknown model, or None."""
    if not has_credential(request):
        return unauthorized()
    if request.match_info["model"] not in MODELS:
        body = error_body(
            "NotFound", "Resource not found.", "ModelNotFound", "The requested model was not found."
        )
        return web.json_response(body, status=404)
    return None


def refusal_of(request: web.Request) -> web.Response | None:
    """Return a refusal that needs no look at the body, or None."""
    refusal = refusal_of_model(request)
    if refusal is not None:
        return refusal
    if request.content_type not in CONTENT_TYPES | {"application/json"}:
        message = f"The media type {request.content_type!r} is not supported."
        return web.json_response(error_body("UnsupportedMediaType", message), status=415)
    is_json = request.content_type == "application/json"
    longest = MAX_BODY_BYTES if is_json else MAX_CONTENT_BYTES
    if (request.content_length or 0) > longest:
        return too_large()
    return None


async def content_of(request: web.Request) -> bytes:
    """Return the document.

    Raises:
        RefusedError: it is empty, too large, or cannot be fetched.
    """
    if request.content_type != "application/json":
        content = await request.read()
    else:
        content = await _named_content(await request.read())
    if not content:
        raise RefusedError(invalid_request("InvalidContent", "The document is empty."))
    if len(content) > MAX_CONTENT_BYTES:
        raise RefusedError(too_large())
    return content


async def _named_content(body: bytes) -> bytes:
    """Return what a JSON body brings along (`base64Source`) or names (`urlSource`)."""
    try:
        sources = dict(json.loads(body))
    except (ValueError, TypeError):
        sources = {}
    given = {name: sources[name] for name in SOURCES if sources.get(name) is not None}
    if len(given) != 1:
        message = "Exactly one of urlSource and base64Source is required."
        raise RefusedError(invalid_argument("InvalidParameter", message))
    if "urlSource" in given:
        return await _fetch(_checked_url(given["urlSource"]))
    return _decoded(given["base64Source"])


def _decoded(source: object) -> bytes:
    try:
        return base64.b64decode(str(source), validate=True)
    except ValueError:
        message = "The parameter base64Source is not Base64."
        raise RefusedError(invalid_argument("InvalidParameter", message)) from None


def _checked_url(url: object) -> str:
    """Return the URL; only this machine may be asked, so that no request leaves it."""
    try:
        host = urlsplit(str(url)).hostname
    except ValueError:
        host = None
    if host not in LOOPBACK_HOSTS or not str(url).startswith(("http://", "https://")):
        raise RefusedError(
            invalid_argument(
                "InvalidParameter", "The stand-in fetches urlSource from loopback only."
            )
        )
    return str(url)


async def _fetch(url: str) -> bytes:
    timeout = aiohttp.ClientTimeout(total=FETCH_TIMEOUT_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(url, allow_redirects=False, raise_for_status=True) as response,
        ):
            return await response.read()
    except (aiohttp.ClientError, TimeoutError):
        raise RefusedError(
            invalid_request("InvalidContent", "Could not download the file from the given URL.")
        ) from None
