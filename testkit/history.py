"""Build orchestration histories and replay them with the real SDK, without a host.

A history contains all events so far; the host sends it in every episode. The builder sets ids and
episodes, so that a test contains only what happens:

    history = History("process_document", request)
    history.completed(Activity.INSPECT_DOCUMENT, {"value": ...})
    assert replay(process_document, history).scheduled[-1].name == "prepare_pages"
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from docflow.models.payloads import Payload

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

Json = dict[str, Any]

Handle = Callable[[Any], str]
"""A registered orchestrator: it takes a body with the history and returns its state as JSON."""


class History:
    """The events of one instance; each completion begins a new episode."""

    def __init__(self, name: str, request: Payload, *, instance_id: str = "instance-1") -> None:
        self.instance_id = instance_id
        self.now = START
        self._next_id = 0
        self._input = json.dumps(request.dump())
        self.events: list[Json] = []
        self._add(12)
        self._add(0, Name=name, Version="", Input=json.dumps(self._input))
        self._played_until = 0

    def context(self) -> str:
        """Return the JSON that the host would send."""
        return json.dumps(
            {
                "history": self.events,
                "input": self._input,
                "instanceId": self.instance_id,
                "isReplaying": len(self.events) > 2,
                "parentInstanceId": None,
                "upperSchemaVersion": 1,
                "upperSchemaVersionNew": 2,
                "longRunningTimerIntervalDuration": "3.00:00:00",
                "maximumShortTimerDuration": "6.00:00:00",
                "defaultHttpAsyncRequestSleepTimeMillseconds": 30_000,
            }
        )

    def completed(self, name: str, result: Json) -> History:
        """Add an activity that is scheduled and completes."""
        return self.all_completed(name, [result])

    def all_completed(
        self, name: str, results: list[Json], *, order: list[int] | None = None
    ) -> History:
        """Add activities that are scheduled together and complete in the given order."""
        ids = [self._take(4, Name=name, Version="", Input=None) for _ in results]
        for position in order or range(len(ids)):
            self._episode()
            self._add(5, TaskScheduledId=ids[position], Result=json.dumps(results[position]))
        return self

    def failed(self, name: str, error: str = "ValueError: boom") -> History:
        """Add an activity that is scheduled and fails."""
        number = self._take(4, Name=name, Version="", Input=None)
        self._episode()
        reason = f"Activity function '{name}' failed:  {error}"
        self._add(6, TaskScheduledId=number, Reason=reason, Details="")
        return self

    def child_completed(self, name: str, *results: Json) -> History:
        """Add sub-orchestrations that start together and complete."""
        ids = [
            self._take(7, Name=name, Version="", InstanceId=f"{self.instance_id}:{position}")
            for position, _ in enumerate(results)
        ]
        for number, result in zip(ids, results, strict=True):
            self._episode()
            self._add(8, TaskScheduledId=number, Result=json.dumps(result))
        return self

    def child_failed(self, name: str) -> History:
        """Add a sub-orchestration that starts and fails."""
        number = self._take(7, Name=name, Version="", InstanceId=f"{self.instance_id}:{name}")
        self._episode()
        self._add(9, TaskScheduledId=number, Reason=f"{name} failed", Details="")
        return self

    def timer_created(self, after: timedelta) -> int:
        """Add a timer that starts, and return its id."""
        return self._take(10, FireAt=_stamp(self.now + after))

    def timer_fired(self, number: int, after: timedelta) -> History:
        """Add the end of a timer."""
        self.now += after
        self._episode()
        self._add(11, TimerId=number, FireAt=_stamp(self.now))
        return self

    def raised(self, name: str, body: object) -> History:
        """Add an external event."""
        self._episode()
        self._add(15, Name=name, Input=json.dumps(body))
        return self

    def _take(self, kind: int, **fields: object) -> int:
        number = self._next_id
        self._next_id += 1
        self._add(kind, event_id=number, **fields)
        return number

    def _episode(self) -> None:
        self._add(13)
        for event in self.events:
            event["IsPlayed"] = event["EventType"] not in {12, 13}
        self.now += timedelta(seconds=1)
        self._add(12)

    def _add(self, kind: int, *, event_id: int = -1, **fields: object) -> None:
        self.events.append(
            {
                "EventType": kind,
                "EventId": event_id,
                "IsPlayed": False,
                "Timestamp": _stamp(self.now),
                **fields,
            }
        )


@dataclass(frozen=True, slots=True)
class Action:
    """One action that the orchestrator scheduled."""

    kind: str
    name: str | None
    input: Any = None
    fire_at: str | None = None
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Replayed:
    """The state that an orchestrator returned for a history."""

    done: bool
    output: Any
    status: Any
    scheduled: list[Action]
    """All actions since the start in order; compound actions are split."""

    def names(self) -> list[str]:
        """Return kind and name of each action, such as `activity:ocr_page` or `timer`."""
        return [f"{a.kind}:{a.name}" if a.name else a.kind for a in self.scheduled]


_KINDS = {0: "activity", 2: "child", 5: "timer", 6: "event"}


def replay(handle: Handle, history: History) -> Replayed:
    """Replay a history with an orchestrator and return its state."""
    state = json.loads(handle(_Body(history.context())))
    (actions,) = state["actions"]
    return Replayed(
        done=state["isDone"],
        output=state.get("output"),
        status=state.get("customStatus"),
        scheduled=list(_flatten(actions)),
    )


class _Body:
    """A replacement for `azure.functions.OrchestrationContext`."""

    def __init__(self, body: str) -> None:
        self.body = body


def _flatten(actions: list[Json]) -> Iterator[Action]:
    for action in actions:
        kind = action["actionType"]
        if kind in {11, 12}:
            yield from _flatten(action["compoundActions"])
            continue
        text = action.get("input")
        yield Action(
            kind=_KINDS.get(kind, str(kind)),
            name=action.get("functionName") or action.get("externalEventName"),
            input=json.loads(text) if isinstance(text, str) else None,
            fire_at=action.get("fireAt"),
            cancelled=bool(action.get("isCanceled")),
        )


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
