"""The error for code that no longer asks for what an earlier episode scheduled, and its texts."""

from __future__ import annotations

from devstack.functions_host.engine.events import Event, Kind, Scheduled

_DOTNET_ACTIONS = {
    Kind.TASK_SCHEDULED: "ScheduleTaskOrchestratorAction",
    Kind.TIMER_CREATED: "CreateTimerOrchestratorAction",
    Kind.SUB_ORCHESTRATION_CREATED: "CreateSubOrchestrationAction",
}


_CODE_CHANGED = (
    "Was a change made to the orchestrator code after this instance had already started running?"
)


class NonDeterminismError(Exception):
    """The code no longer asks for what an earlier episode scheduled."""


def _subject(kind: Kind, item: Event, *, first_clause: bool) -> str:
    number = item["EventId"]
    prefix = "A previous execution of this orchestration scheduled "
    if kind is Kind.TIMER_CREATED:
        return f"{prefix}a timer task with sequence number {number}" + (
            "" if first_clause else " named"
        )
    if kind is Kind.TASK_SCHEDULED and first_clause:
        return (
            f"{prefix}an activity task with sequence ID {number} and name '{item['Name']}' "
            f"(version '{item['Version']}'),"
        )
    if kind is Kind.TASK_SCHEDULED:
        return f"{prefix}an activity task with sequence number {number} named '{item['Name']}',"
    return (
        f"{prefix}a sub-orchestration task with sequence ID {number} and name '{item['Name']}' "
        f"(version '{item['Version']}', instance ID '{item['InstanceId']}'),"
    )


def not_scheduled(kind: Kind, item: Event) -> str:
    """Return the text for a scheduled task that the code asks for no longer."""
    return (
        f"{_subject(kind, item, first_clause=True)} but the current replay execution hasn't "
        f"(yet?) scheduled this task. {_CODE_CHANGED}"
    )


def other_kind(kind: Kind, item: Event, seen: Scheduled) -> str:
    """Return the text for a task that the code asks for as another kind of work."""
    place = "at" if kind is Kind.SUB_ORCHESTRATION_CREATED else "with"
    return (
        f"{_subject(kind, item, first_clause=False)} but the current orchestration replay instead "
        f"produced a {_DOTNET_ACTIONS[seen.kind]} action {place} this sequence number. "
        f"{_CODE_CHANGED}"
    )


def other_name(kind: Kind, item: Event, seen: Scheduled) -> str:
    """Return the text for a task that the code asks for under another name."""
    subject = _subject(kind, item, first_clause=False)
    if kind is Kind.TASK_SCHEDULED:
        return (
            f"{subject} but the current orchestration replay instead scheduled an activity task "
            f"named '{seen.name}' with this sequence number.  {_CODE_CHANGED}"
        )
    return (
        f"{subject} but the current orchestration replay instead scheduled a sub-orchestration "
        f"task with name {seen.name} at this sequence number. {_CODE_CHANGED}"
    )
