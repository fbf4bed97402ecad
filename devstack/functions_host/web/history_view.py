"""The history as the management API shows it: schedulings merged into their completions."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from devstack.functions_host.engine.events import (
    KIND_NAMES,
    SCHEDULED_BY,
    STATUS_NAMES,
    Event,
    Kind,
    Line,
    reference,
)

_HIDDEN = frozenset({Kind.ORCHESTRATOR_STARTED, Kind.ORCHESTRATOR_COMPLETED})
_MERGED = frozenset({Kind.TASK_SCHEDULED, Kind.SUB_ORCHESTRATION_CREATED})
_NEVER_SHOWN = frozenset({"EventId", "IsPlayed", "TimerId"})
_START_HIDDEN = frozenset({"OrchestrationInstance", "ParentInstance", "Version", "Tags", "Name"})


class SameKeyError(Exception):
    """A history cannot be shown; the message is the real host's."""


def history_view(
    lines: Iterable[Line], *, show_input: bool, show_output: bool
) -> list[dict[str, Any]]:
    """Rewrite a history for a status payload.

    Raises:
        SameKeyError: Two events scheduled work under one number, as code does that is not
            deterministic; the real host shows no history then.
    """
    events = [line.event for line in lines]
    scheduled = _scheduled(events)
    completed = {reference(e) for e in events if SCHEDULED_BY.get(e["EventType"]) in _MERGED}
    view = []
    for item in events:
        kind = item["EventType"]
        if kind in _HIDDEN or (kind in _MERGED and item["EventId"] in completed):
            continue
        view.append(_shown(item, scheduled, show_input=show_input, show_output=show_output))
    return view


def _scheduled(events: list[Event]) -> dict[int, Event]:
    found: dict[int, Event] = {}
    for item in events:
        number, kind = item["EventId"], item["EventType"]
        if kind in _MERGED and number in found and found[number]["EventType"] == kind:
            raise SameKeyError(
                "An item with the same key has already been added. "
                f"Key: {KIND_NAMES[Kind(kind)]}_{number}"
            )
        if kind in _MERGED:
            found[number] = item
    return found


def _shown(
    item: Event, scheduled: dict[int, Event], *, show_input: bool, show_output: bool
) -> dict[str, Any]:
    kind = Kind(item["EventType"])
    shown = {key: value for key, value in item.items() if key not in _NEVER_SHOWN}
    shown["EventType"] = KIND_NAMES[kind]
    if kind is Kind.EXECUTION_STARTED:
        shown["FunctionName"] = item["Name"]
        shown = {key: value for key, value in shown.items() if key not in _START_HIDDEN}
    elif kind in _MERGED:
        shown["FunctionName"] = shown.pop("Name")
        shown.pop("Version", None)
    elif SCHEDULED_BY.get(kind) in _MERGED:
        _merge(shown, scheduled.get(reference(item) or 0), show_input=show_input)
    elif kind in (Kind.EXECUTION_COMPLETED, Kind.CONTINUE_AS_NEW):
        shown["OrchestrationStatus"] = STATUS_NAMES[item["OrchestrationStatus"]]
    return _inputs_and_outputs(shown, show_input=show_input, show_output=show_output)


def _merge(shown: dict[str, Any], origin: Event | None, *, show_input: bool) -> None:
    if origin is None:
        return
    del shown["TaskScheduledId"]
    shown["ScheduledTime"] = origin["Timestamp"]
    shown["FunctionName"] = origin["Name"]
    if "InstanceId" in origin:
        shown["InstanceId"] = origin["InstanceId"]
    if show_input:
        shown["Input"] = origin.get("Input")


def _inputs_and_outputs(
    shown: dict[str, Any], *, show_input: bool, show_output: bool
) -> dict[str, Any]:
    if not show_input:
        shown.pop("Input", None)
    if not show_output:
        shown.pop("Result", None)
    elif isinstance(shown.get("Result"), str):
        shown["Result"] = as_json(shown["Result"])
    return shown


def as_json(text: str | None) -> object:
    """Return the JSON value of a text, or the text itself where it is none."""
    if text is None:
        return None
    try:
        value: object = json.loads(text)
    except ValueError:
        return text
    return value
