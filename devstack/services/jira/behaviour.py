"""How the stand-in behaves beyond faults: as which kind of Jira, and what its project asks for."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from aiohttp import web

LONGEST_LAG_SECONDS = 3_600
FIELD_ERROR = "Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."


@dataclasses.dataclass(frozen=True, slots=True)
class Behaviour:
    """What is set through `/_control/jira`."""

    search_lag_seconds: float = 0.0
    """The searches show each issue as it was this long ago, and none that is younger."""
    cloud: bool = False
    """The older search is removed, as in Jira Cloud."""
    scoped_tokens: bool = False
    """Credentials count only under `/ex/jira/{cloud id}`, as tokens with scopes do."""
    missing_scopes: tuple[str, ...] = ()
    """`read:jira-work` or `write:jira-work`: what these allow is refused there."""
    required_fields: tuple[str, ...] = ()
    """Fields without which no issue is created."""
    fields_off_screen: tuple[str, ...] = ()
    """Fields that no new issue may have."""
    resolution_required: bool = False
    """The transition to Cancelled asks for a resolution; otherwise it takes none."""

    def as_json(self) -> dict[str, Any]:
        """Return all fields."""
        return dataclasses.asdict(self)


class BehaviourError(ValueError):
    """A behaviour that cannot be taken; `field` names what is wrong with it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


def with_changes(now: Behaviour, body: object) -> Behaviour:
    """Return the behaviour with the fields of a JSON object changed.

    Raises:
        BehaviourError: a field is unknown, or its value is of another kind.
    """
    if not isinstance(body, dict):
        raise BehaviourError("body", "must be a JSON object")
    changes = {str(name): _checked(str(name), value) for name, value in body.items()}
    return dataclasses.replace(now, **changes)


def _checked(name: str, value: object) -> Any:  # noqa: ANN401 - of the kind of the field
    """Return the value for a field."""
    known = Behaviour().as_json()
    if name not in known:
        raise BehaviourError(name, f"is not known; use {', '.join(known)}")
    if isinstance(known[name], bool):
        return _flag(name, value)
    return _seconds(name, value) if isinstance(known[name], float) else _names(name, value)


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise BehaviourError(name, f"must be true or false, not {value!r}")
    return value


def _seconds(name: str, value: object) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= float(str(value)) <= LONGEST_LAG_SECONDS:
        raise BehaviourError(name, f"must be seconds up to {LONGEST_LAG_SECONDS}, not {value!r}")
    return float(str(value))


def _names(name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise BehaviourError(name, f"must be a list of names, not {value!r}")
    return tuple(value)


class BehaviourControl:
    """The behaviour now, and the routes that show, change and reset it."""

    def __init__(self) -> None:
        self.now = Behaviour()

    def reset(self) -> None:
        """Behave as at the start."""
        self.now = Behaviour()

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the control."""
        return [
            web.get("/_control/jira", self._show),
            web.post("/_control/jira", self._change),
            web.delete("/_control/jira", self._clear),
        ]

    async def _show(self, _request: web.Request) -> web.Response:
        return web.json_response(self.now.as_json())

    async def _change(self, request: web.Request) -> web.Response:
        try:
            self.now = with_changes(self.now, json.loads(await request.read()))
        except BehaviourError as error:
            return web.json_response({"error": str(error), "field": error.field}, status=400)
        except ValueError:
            return web.json_response(
                {"error": "body: is not valid JSON", "field": "body"}, status=400
            )
        return web.json_response(self.now.as_json())

    async def _clear(self, _request: web.Request) -> web.Response:
        self.reset()
        return web.json_response(self.now.as_json())
