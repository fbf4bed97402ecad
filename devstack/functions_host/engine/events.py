"""History events, control messages and work items: the vocabulary of the durable protocol.

An event is the JSON object that the Python SDK reads, so its fields keep the names and the
PascalCase of the wire. Nothing here does I/O or looks at a clock.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

Event = dict[str, Any]


class Kind(IntEnum):
    """The event types by the number they have on the wire."""

    EXECUTION_STARTED = 0
    EXECUTION_COMPLETED = 1
    EXECUTION_TERMINATED = 3
    TASK_SCHEDULED = 4
    TASK_COMPLETED = 5
    TASK_FAILED = 6
    SUB_ORCHESTRATION_CREATED = 7
    SUB_ORCHESTRATION_COMPLETED = 8
    SUB_ORCHESTRATION_FAILED = 9
    TIMER_CREATED = 10
    TIMER_FIRED = 11
    ORCHESTRATOR_STARTED = 12
    ORCHESTRATOR_COMPLETED = 13
    EVENT_SENT = 14
    EVENT_RAISED = 15
    CONTINUE_AS_NEW = 16
    GENERIC = 17
    EXECUTION_SUSPENDED = 19
    EXECUTION_RESUMED = 20
    EXECUTION_REWOUND = 21


#: Names as they appear in the history that the management API shows.
KIND_NAMES = {
    Kind.EXECUTION_STARTED: "ExecutionStarted",
    Kind.EXECUTION_COMPLETED: "ExecutionCompleted",
    Kind.EXECUTION_TERMINATED: "ExecutionTerminated",
    Kind.TASK_SCHEDULED: "TaskScheduled",
    Kind.TASK_COMPLETED: "TaskCompleted",
    Kind.TASK_FAILED: "TaskFailed",
    Kind.SUB_ORCHESTRATION_CREATED: "SubOrchestrationInstanceCreated",
    Kind.SUB_ORCHESTRATION_COMPLETED: "SubOrchestrationInstanceCompleted",
    Kind.SUB_ORCHESTRATION_FAILED: "SubOrchestrationInstanceFailed",
    Kind.TIMER_CREATED: "TimerCreated",
    Kind.TIMER_FIRED: "TimerFired",
    Kind.ORCHESTRATOR_STARTED: "OrchestratorStarted",
    Kind.ORCHESTRATOR_COMPLETED: "OrchestratorCompleted",
    Kind.EVENT_SENT: "EventSent",
    Kind.EVENT_RAISED: "EventRaised",
    Kind.CONTINUE_AS_NEW: "ContinueAsNew",
    Kind.GENERIC: "GenericEvent",
    Kind.EXECUTION_SUSPENDED: "ExecutionSuspended",
    Kind.EXECUTION_RESUMED: "ExecutionResumed",
    Kind.EXECUTION_REWOUND: "ExecutionRewound",
}

#: Which event schedules the work that a completion event refers back to.
SCHEDULED_BY = {
    Kind.TASK_COMPLETED: Kind.TASK_SCHEDULED,
    Kind.TASK_FAILED: Kind.TASK_SCHEDULED,
    Kind.SUB_ORCHESTRATION_COMPLETED: Kind.SUB_ORCHESTRATION_CREATED,
    Kind.SUB_ORCHESTRATION_FAILED: Kind.SUB_ORCHESTRATION_CREATED,
    Kind.TIMER_FIRED: Kind.TIMER_CREATED,
}

#: Events that take a number from the per-execution counter.
NUMBERED = frozenset(SCHEDULED_BY.values()) | {
    Kind.EVENT_SENT,
    Kind.EXECUTION_COMPLETED,
    Kind.CONTINUE_AS_NEW,
}

STATUS_NUMBERS = {"Completed": 1, "ContinuedAsNew": 2, "Failed": 3, "Canceled": 4, "Terminated": 5}
STATUS_NAMES = {number: name for name, number in STATUS_NUMBERS.items()}
TERMINAL = frozenset({"Completed", "Failed", "Canceled", "Terminated"})


def stamp(moment: datetime) -> str:
    """Write a time the way .NET does: UTC, ``Z``, trailing zeros of the fraction cut."""
    moment = moment.astimezone(UTC)
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    if moment.microsecond:
        text += f".{moment.microsecond:06d}".rstrip("0")
    return text + "Z"


def parse_stamp(text: str) -> datetime:
    """Read a time in ISO 8601, with or without a zone (then UTC) and up to seven digits."""
    if "." in text:
        head, _, rest = text.partition(".")
        digits = len(rest) - len(rest.lstrip("0123456789"))
        text = f"{head}.{rest[:digits][:6]}{rest[digits:]}"
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def compact(value: object) -> str:
    """Write JSON without blanks, as the .NET side does."""
    return json.dumps(value, separators=(",", ":"))


def event(kind: Kind, at: datetime, event_id: int = -1, **fields: object) -> Event:
    """Make a history event with the four fields that all of them have."""
    return {
        "EventType": int(kind),
        "EventId": event_id,
        "IsPlayed": False,
        "Timestamp": stamp(at),
        **fields,
    }


def execution_started(
    at: datetime,
    *,
    name: str,
    instance_id: str,
    execution_id: str,
    input_text: str | None,
    version: str = "",
    parent: dict[str, Any] | None = None,
    generation: int | None = 0,
) -> Event:
    """Make the event that starts an execution.

    Args:
        at: When the message was sent.
        name: The name of the orchestrator.
        instance_id: The id of the instance.
        execution_id: The id of this execution of the instance.
        input_text: JSON text, or None.
        version: The version of the orchestrator.
        parent: Who called it, for a sub-orchestration.
        generation: How often an instance with this id was replaced; None after continue-as-new.
    """
    return event(
        Kind.EXECUTION_STARTED,
        at,
        OrchestrationInstance={"InstanceId": instance_id, "ExecutionId": execution_id},
        ParentInstance=parent,
        Name=name,
        Version=version,
        Input=input_text,
        Tags=None,
        Correlation=None,
        ParentTraceContext=None,
        ScheduledStartTime=None,
        Generation=generation,
        GenerateNewTrace=False,
    )


def event_raised(at: datetime, name: str, input_text: str | None) -> Event:
    """Make the event by which a message from outside reaches an orchestration."""
    return event(Kind.EVENT_RAISED, at, Name=name, Input=input_text, ParentTraceContext=None)


def task_completed(at: datetime, task_id: int, result: str | None) -> Event:
    """Make the completion of an activity; ``result`` is JSON text or None."""
    return event(Kind.TASK_COMPLETED, at, TaskScheduledId=task_id, Result=result)


def task_failed(at: datetime, task_id: int, reason: str, details: str | None) -> Event:
    """Make the failure of an activity."""
    return event(
        Kind.TASK_FAILED,
        at,
        TaskScheduledId=task_id,
        Reason=reason,
        Details=details,
        FailureDetails=None,
    )


def reference(item: Event) -> int | None:
    """Return the id of the work that a completion event answers, or None for other events."""
    if item["EventType"] not in SCHEDULED_BY:
        return None
    key = "TimerId" if item["EventType"] == Kind.TIMER_FIRED else "TaskScheduledId"
    return int(item[key])


@dataclass(frozen=True, slots=True)
class Line:
    """A stored history event beside its JSON text, so that it is written only once."""

    event: Event
    text: str

    @classmethod
    def of(cls, item: Event) -> Line:
        """Serialise an event."""
        return cls(item, compact(item))

    @classmethod
    def read(cls, text: str) -> Line:
        """Parse a stored event."""
        return cls(json.loads(text), text)


@dataclass(frozen=True, slots=True)
class Message:
    """A control message: an event on its way to an instance.

    ``execution_id`` is None where the sender addresses whatever execution is current (a client);
    ``due`` is set for timers.
    """

    instance_id: str
    execution_id: str | None
    event: Event
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """An activity to run; ``input`` is the JSON text that the orchestrator gave."""

    instance_id: str
    execution_id: str
    task_id: int
    name: str
    input: str | None


@dataclass(frozen=True, slots=True)
class Scheduled:
    """Something the orchestration scheduled: an activity, a timer or a sub-orchestration."""

    id: int
    kind: Kind
    name: str = ""
    input: str | None = None
    instance_id: str | None = None
    fire_at: datetime | None = None
    version: str | None = None
