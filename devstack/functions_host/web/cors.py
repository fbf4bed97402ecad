"""Cross-origin requests, by the origins that `Host.CORS` in local.settings.json allows.

Answers as ASP.NET does under `func start`: any header and any method, for the origins named.
"""

from __future__ import annotations

from aiohttp import hdrs, web

from devstack.functions_host.settings import Cors

ANY = "*"


def preflight(request: web.Request, cors: Cors | None) -> web.Response | None:
    """Answer a browser that asks whether it may send a request; None for any other request."""
    wanted = request.headers.get(hdrs.ACCESS_CONTROL_REQUEST_METHOD)
    if cors is None or request.method != hdrs.METH_OPTIONS or not wanted:
        return None
    if hdrs.ORIGIN not in request.headers:
        return None
    response = web.Response(status=204)
    if _allowed(request, cors):
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_METHODS] = wanted
        headers = request.headers.get(hdrs.ACCESS_CONTROL_REQUEST_HEADERS)
        if headers:
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_HEADERS] = headers
    return response


def mark(request: web.Request, response: web.StreamResponse, cors: Cors | None) -> None:
    """Say in the headers of a response whether a page of the request's origin may read it."""
    if cors is None or hdrs.ORIGIN not in request.headers or not _allowed(request, cors):
        return
    if ANY in cors.origins:
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = ANY
        return
    response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = request.headers[hdrs.ORIGIN]
    if len(cors.origins) > 1:
        response.headers.add(hdrs.VARY, hdrs.ORIGIN)
    if cors.credentials:
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_CREDENTIALS] = "true"


def _allowed(request: web.Request, cors: Cors) -> bool:
    """Return whether the origin of a request is one of the allowed, compared in any case."""
    origin = request.headers[hdrs.ORIGIN].lower()
    return ANY in cors.origins or origin in {allowed.lower() for allowed in cors.origins}
