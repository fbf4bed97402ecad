"""The status of an instance as clients see it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from devstack.functions_host.engine.instance import Instance
from devstack.functions_host.web.history_view import as_json, history_view


def status_payload(
    instance: Instance,
    *,
    show_input: bool = True,
    show_history: bool = False,
    show_output: bool = False,
) -> dict[str, Any]:
    """Return the status of an instance as clients see it."""
    payload = {
        "name": instance.name,
        "instanceId": instance.instance_id,
        "runtimeStatus": instance.status,
        "input": as_json(instance.input) if show_input else None,
        "customStatus": as_json(instance.custom_status),
        "output": as_json(instance.output),
        "createdTime": _whole_seconds(instance.created),
        "lastUpdatedTime": _whole_seconds(instance.updated),
    }
    if show_history and instance.history:
        payload["historyEvents"] = history_view(
            instance.history, show_input=show_input, show_output=show_output
        )
    return payload


def _whole_seconds(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
