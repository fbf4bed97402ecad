"""HTTP connections of the Azure SDKs: kept for many callers at once, and set up once per host.

The SDKs make one request after another to the same host. Out of the box each of them reads all
environment variables twice to look for proxies, and the home folder for a `.netrc`: a quarter of
what a request costs in computing time.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from azure.core.pipeline.transport import RequestsTransport
from requests import PreparedRequest, Session
from requests.adapters import HTTPAdapter

CONNECTIONS = 40
"""More than host.json lets activities run at once, so that none waits or opens one of its own."""


def new_transport(*, connect_seconds: float, read_seconds: float) -> RequestsTransport:
    """Make a transport that keeps a connection for each of the activities that run side by side."""
    return RequestsTransport(
        session=RememberingSession(),
        session_owner=False,
        connection_timeout=connect_seconds,
        read_timeout=read_seconds,
    )


class RememberingSession(Session):
    """Asks the environment for proxies and certificates once for each host."""

    def __init__(self) -> None:
        super().__init__()
        self._environment: dict[tuple[object, ...], Any] = {}
        # The SDKs sign their requests; a `.netrc` would put its own password in the place of that.
        self.auth = _as_it_is
        for scheme in ("http://", "https://"):
            self.mount(scheme, HTTPAdapter(pool_maxsize=CONNECTIONS))

    def merge_environment_settings(self, url: Any, proxies: Any, *others: Any) -> Any:  # noqa: ANN401 - as the base class has it
        """Add what the environment says to the settings of one request."""
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
