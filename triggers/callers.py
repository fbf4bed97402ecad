"""Who may call: no page of another site, and locally nobody who came by a foreign host name.

A browser sends a page's requests with the cookies and from the machine of its user, so that a key
or a loopback address alone does not tell who asks. It also says where the page comes from, in
`Origin` and `Sec-Fetch-Site`. Other programs send neither, and are let through: what they may do
depends on their key.

A name that was made to lead to this machine (DNS rebinding) would make a foreign page the app's
own. In Azure the platform routes by host name, so that no other name arrives here.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import azure.functions as func

from docflow.clients import Clients
from docflow.errors import ErrorCode
from docflow.platform import Platform, host_of, is_this_machine
from docflow.settings import Settings
from triggers.bodies import media_type
from triggers.problems import RequestError

READING = frozenset({"GET", "HEAD"})
"""Methods that change nothing, so that every page may use them; it cannot see the answer."""
_DEFAULT_PORTS = {"http": 80, "https": 443}
_SAME_SITE = frozenset({"", "same-origin", "none"})
"""Values of `Sec-Fetch-Site` for requests of the app's own pages and of the user."""

Origin = tuple[str, str, int | None]
"""Scheme, host and port."""


def admit(req: func.HttpRequest, clients: Clients, *, takes_json: bool) -> None:
    """Let a request through, or refuse it.

    Args:
        req: the request.
        clients: with the settings, and with what the platform says.
        takes_json: whether the route takes nothing but JSON. A form of another site cannot send it.

    Raises:
        RequestError: the request is refused; it says what to change.
    """
    _refuse_foreign_host(req, clients.settings, clients.platform)
    if req.method in READING:
        return
    _refuse_foreign_page(req, clients.settings, clients.platform)
    if takes_json and req.get_body() and not _is_json(media_type(req)):
        raise RequestError(
            ErrorCode.JSON_EXPECTED, "Send the body as JSON, with Content-Type: application/json."
        )


def _is_json(media_type: str) -> bool:
    kind, _, subtype = media_type.partition("/")
    return kind == "application" and (subtype == "json" or subtype.endswith("+json"))


def _refuse_foreign_host(req: func.HttpRequest, settings: Settings, platform: Platform) -> None:
    authority = _authority(req)
    if platform.in_azure or is_this_machine(authority):
        return
    known = {*settings.hosts_allowed, urlsplit(settings.public_base_url).hostname}
    if host_of(authority) not in known:
        raise RequestError(
            ErrorCode.HOST_NOT_ALLOWED,
            "The app was called by a host name that is not its own. Call it as localhost, or add "
            "the name to ALLOWED_HOSTS.",
        )


def _refuse_foreign_page(req: func.HttpRequest, settings: Settings, platform: Platform) -> None:
    sent = req.headers.get("Origin")
    origin = None if sent is None else _origin(sent)
    if origin is not None and origin in _allowed(settings):
        return
    own = sent is None or (origin is not None and _is_own(origin, req, platform))
    if not own or req.headers.get("Sec-Fetch-Site", "").strip().lower() not in _SAME_SITE:
        raise RequestError(
            ErrorCode.ORIGIN_NOT_ALLOWED,
            "The request comes from a page of another site. If that page is yours, add its origin "
            "to ALLOWED_ORIGINS.",
        )


def _allowed(settings: Settings) -> set[Origin | None]:
    return {_origin(text) for text in (*settings.origins_allowed, settings.public_base_url)}


def _is_own(origin: Origin, req: func.HttpRequest, platform: Platform) -> bool:
    """Return whether an origin is an address under which the app was called.

    A proxy may have taken TLS off, so a page by HTTPS is the app's own too. A page of another site
    cannot set `X-Forwarded-Host`.
    """
    scheme = urlsplit(req.url).scheme
    if origin[0] not in {"https", scheme}:
        return False
    authorities = (_authority(req), req.headers.get("X-Forwarded-Host", ""), platform.host_name)
    return any(origin == _origin(f"{origin[0]}://{each}") for each in authorities if each)


def _authority(req: func.HttpRequest) -> str:
    """Return host and port by which the app was called."""
    return str(req.headers.get("Host") or urlsplit(req.url).netloc)


def _origin(text: str) -> Origin | None:
    """Return the origin in a header or a setting, or None if it is none (such as `null`)."""
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        return None
    return parts.scheme, parts.hostname, _DEFAULT_PORTS[parts.scheme] if port is None else port
