"""Recognize requests that carry a credential; any credential is accepted."""

from __future__ import annotations

from aiohttp import web

ACCESS_DENIED = (
    "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a "
    "valid key for an active subscription and use a correct regional API endpoint for your "
    "resource."
)
KEY_HEADERS = ("Ocp-Apim-Subscription-Key", "api-key")


def has_credential(request: web.Request) -> bool:
    """Return whether the request carries a non-empty key or bearer token."""
    if any(request.headers.get(name, "").strip() for name in KEY_HEADERS):
        return True
    return has_authorization(request, "bearer")


def has_authorization(request: web.Request, *schemes: str) -> bool:
    """Return whether the `Authorization` header has one of the schemes and something after it."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() in schemes and bool(value.strip())
