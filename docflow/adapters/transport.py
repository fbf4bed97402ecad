"""HTTP connections of the Azure SDKs: pooled for many callers, and configured once per host.

The SDKs send many requests to the same host. By default each request searches the environment
variables for proxies twice, and the home folder for a `.netrc`: a quarter of its computing time.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from azure.core.pipeline.transport import RequestsTransport
from requests import PreparedRequest, Session
from requests.adapters import HTTPAdapter

CONNECTIONS = 40
"""More than the activities that host.json allows at once, so that none waits for a connection."""


def new_transport(*, connect_seconds: float, read_seconds: float) -> RequestsTransport:
    """Return a transport with a connection for each of the activities that run at the same time."""
    return RequestsTransport(
        session=RememberingSession(),
        session_owner=False,
        connection_timeout=connect_seconds,
        read_timeout=read_seconds,
    )


class RememberingSession(Session):
    """Reads proxies and certificates from the environment once for each host."""

    def __init__(self) -> None:
        super().__init__()
        self._environment: dict[tuple[object, ...], Any] = {}
        # The SDKs sign their requests; a password from a `.netrc` would replace the signature.
        self.auth = _as_it_is
        for scheme in ("http://", "https://"):
            self.mount(scheme, HTTPAdapter(pool_maxsize=CONNECTIONS))

    def merge_environment_settings(self, url: Any, proxies: Any, *others: Any) -> Any:  # noqa: ANN401 - as the base class has it
        """Add the settings of the environment to those of one request."""
        merge = super().merge_environment_settings
        if proxies:
            return merge(url, proxies, *others)
        parts = urlsplit(url)
        key = (parts.scheme, parts.netloc, *others)
        if key not in self._environment:
            self._environment[key] = merge(url, {}, *others)
        return dict(self._environment[key])


def _as_it_is(request: PreparedRequest) -> PreparedRequest:
    return request
