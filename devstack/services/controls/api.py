"""The controls under `/_control`: counts, faults, reset, health."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from devstack.services.controls.faults import FaultRuleError, rules_from_json
from devstack.services.controls.operations import ControlState


class Controls:
    """What a developer or a test turns and reads.

    Args:
        control: The faults and counts.
        clear: Makes every stand-in forget what it holds.
        health: Describes the state of the service.
    """

    def __init__(
        self,
        control: ControlState,
        clear: Callable[[], Awaitable[None]],
        health: Callable[[], dict[str, Any]],
    ) -> None:
        self._control = control
        self._clear = clear
        self._health = health

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the controls."""
        return [
            web.get("/_control/stats", self._stats),
            web.get("/_control/faults", self._list_faults),
            web.post("/_control/faults", self._set_faults),
            web.delete("/_control/faults", self._clear_faults),
            web.post("/_control/reset", self._reset),
            web.get("/_control/health", self._show_health),
        ]

    async def _stats(self, _request: web.Request) -> web.Response:
        return web.json_response(self._control.stats.as_json())

    async def _list_faults(self, _request: web.Request) -> web.Response:
        return web.json_response({"faults": self._control.faults.as_json()})

    async def _set_faults(self, request: web.Request) -> web.Response:
        try:
            rules = rules_from_json(json.loads(await request.read()))
        except FaultRuleError as error:
            return web.json_response({"error": str(error), "field": error.field}, status=400)
        except ValueError:
            return web.json_response(
                {"error": "body: is not valid JSON", "field": "body"}, status=400
            )
        for operation, rule in rules.items():
            if rule is None:
                self._control.faults.clear(operation)
            else:
                self._control.faults.set(operation, rule)
        return web.json_response({"faults": self._control.faults.as_json()})

    async def _clear_faults(self, _request: web.Request) -> web.Response:
        self._control.faults.clear()
        return web.json_response({"faults": {}})

    async def _reset(self, _request: web.Request) -> web.Response:
        await self._clear()
        self._control.reset()
        return web.json_response({"reset": True})

    async def _show_health(self, _request: web.Request) -> web.Response:
        return web.json_response(self._health())
