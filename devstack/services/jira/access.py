"""Who may call the stand-in: any user and token, a token with scopes through the gateway alone."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from aiohttp import web

from devstack.services.http.credentials import has_authorization
from devstack.services.jira.behaviour import Behaviour

API = "/rest/api/2"
GATEWAY = "/ex/jira"
GATEWAY_API = f"{GATEWAY}/{{cloud}}{API}"
"""Where the gateway at api.atlassian.com serves the API of a site."""


def denial(request: web.Request, behaviour: Behaviour) -> web.Response | None:
    """Return the answer to a caller who may not do this; None where they may."""
    through_gateway = request.path.startswith(f"{GATEWAY}/")
    if not _has_credentials(request):
        return _unauthorized()
    if behaviour.scoped_tokens and not through_gateway:
        return _to_anonymous(request)
    scope = "write:jira-work" if _changes(request) else "read:jira-work"
    if through_gateway and scope in behaviour.missing_scopes:
        body = {"code": 401, "message": "Unauthorized; scope does not match"}
        return web.json_response(body, status=401)
    return None


def error_body(messages: list[str], errors: dict[str, str] | None = None) -> dict[str, Any]:
    """Return the body of an error as Jira writes it."""
    return {"errorMessages": messages, "errors": errors or {}}


def _changes(request: web.Request) -> bool:
    return request.method != "GET" and "/search" not in request.path


def _to_anonymous(request: web.Request) -> web.Response:
    """Answer as a site does to a token with scopes: it takes the caller for nobody."""
    if "/search" in request.path:
        return web.json_response({"issues": [], "total": 0, "isLast": True})
    if "/issue/" in request.path:
        message = "Issue does not exist or you do not have permission to see it."
        return web.json_response(error_body([message]), status=404)
    return _unauthorized()


def _unauthorized() -> web.Response:
    message = "You are not authenticated. Authentication required to perform this operation."
    return web.json_response(
        error_body([message]),
        status=401,
        headers={"WWW-Authenticate": 'Basic realm="Jira stand-in"'},
    )


def _has_credentials(request: web.Request) -> bool:
    if has_authorization(request, "bearer"):
        return True
    if not has_authorization(request, "basic"):
        return False
    encoded = request.headers["Authorization"].partition(" ")[2]
    try:
        user, _, secret = base64.b64decode(encoded, validate=True).partition(b":")
    except binascii.Error:
        return False
    return bool(user.strip() and secret.strip())
