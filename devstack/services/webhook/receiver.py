"""A receiver for notifications, which keeps and lists them."""

from __future__ import annotations

import json
from collections import deque
from typing import Any

from aiohttp import web

from devstack.services.controls.operations import ControlState, operation, retry_header
from devstack.services.http.timestamps import azure_time

KEPT = 500
SHOWN_BODY_CHARS = 64_000


class WebhookReceiver:
    """The last `KEPT` notifications, oldest first."""

    def __init__(self, control: ControlState) -> None:
        self._control = control
        self._received: deque[dict[str, Any]] = deque(maxlen=KEPT)

    def reset(self) -> None:
        """Forget all notifications."""
        self._received.clear()

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of this stand-in."""
        receive = operation(self._control, "webhook", _fault_body)(self._receive)
        return [
            route
            for path in ("/webhook", "/webhook/{rest:.*}")
            for route in (web.post(path, receive), web.get(path, self._list))
        ]

    async def _receive(self, request: web.Request) -> web.StreamResponse:
        text = (await request.read()).decode("utf-8", errors="replace")[:SHOWN_BODY_CHARS]
        self._control.stats.webhooks_received += 1
        self._received.append(
            {
                "receivedAt": azure_time(),
                "path": request.path_qs,
                "headers": dict(request.headers),
                "body": _parsed(text),
            }
        )
        return web.json_response({"received": True})

    async def _list(self, request: web.Request) -> web.StreamResponse:
        """List all, or those that came in under the path asked for."""
        prefix = "" if request.path.rstrip("/") == "/webhook" else request.path
        listed = [entry for entry in self._received if entry["path"].startswith(prefix)]
        return web.json_response({"count": len(listed), "webhooks": listed})


def _parsed(text: str) -> Any:  # noqa: ANN401
    try:
        return json.loads(text)
    except ValueError:
        return text


def _fault_body(status: int, retry_after: float | None) -> web.Response:
    body = {"error": f"This fault was asked for: {status}."}
    return web.json_response(body, status=status, headers=retry_header(retry_after))
