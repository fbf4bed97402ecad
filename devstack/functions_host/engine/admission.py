"""Which control messages an episode processes; the others are dropped or wait."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from devstack.functions_host.engine.events import (
    SCHEDULED_BY,
    Event,
    Kind,
    Line,
    Message,
    reference,
)
from devstack.functions_host.engine.instance import Episode, Instance


def open_ids(history: Iterable[Line]) -> dict[int, int]:
    """Return what is scheduled and not yet completed: id to kind of the scheduling event."""
    found: dict[int, int] = {}
    completed: set[int] = set()
    for line in history:
        item = line.event
        kind = item["EventType"]
        if kind in _SCHEDULING:
            found[item["EventId"]] = kind
        elif kind in SCHEDULED_BY:
            number = reference(item)
            assert number is not None
            completed.add(number)
    return {number: kind for number, kind in found.items() if number not in completed}


_SCHEDULING = frozenset(SCHEDULED_BY.values())


def admit(episode: Episode, messages: Sequence[Message], now: datetime) -> list[Event]:
    """Choose the messages that this episode processes; the others are dropped or held."""
    # A start comes first, whatever overtook it.
    order = sorted(range(len(messages)), key=lambda i: not _starts(messages[i]))
    gate = _Gate(episode.instance, now)
    accepted = []
    for position in order:
        verdict = gate.judge(messages[position])
        if verdict == "accept":
            accepted.append(messages[position].event)
        elif verdict == "hold":
            episode.held.append(position)
    episode.held.sort()
    if gate.started:
        episode.instance = gate.instance
        episode.replaces_history = True
    return accepted


def _starts(message: Message) -> bool:
    return bool(message.event["EventType"] == Kind.EXECUTION_STARTED)


class _Gate:
    """Decides message by message, knowing what the ones before it changed."""

    def __init__(self, instance: Instance | None, now: datetime) -> None:
        self.instance = instance
        self.started = False
        self._now = now
        self._suspended = instance is not None and instance.status == "Suspended"
        self._open: dict[int, int] | None = None

    def judge(self, message: Message) -> str:
        if _starts(message):
            return self._judge_start(message)
        instance = self.instance
        if instance is None or instance.ended:
            return "drop"
        if message.execution_id not in (None, instance.execution_id):
            return "drop"
        if not instance.history and not self.started:
            return "hold"  # It overtook the message that starts the instance.
        return self._judge_current(instance, message.event)

    def _judge_start(self, message: Message) -> str:
        item = message.event
        execution_id = item["OrchestrationInstance"]["ExecutionId"]
        instance = self.instance
        if instance and instance.execution_id == execution_id and instance.history:
            return "drop"
        self.instance = _new_instance(item, self._now, instance)
        self.started = True
        self._suspended = False
        self._open = {}
        return "accept"

    def _judge_current(self, instance: Instance, item: Event) -> str:
        kind = item["EventType"]
        if kind in SCHEDULED_BY:
            return "accept" if self._take(instance, item) else "drop"
        if kind == Kind.EXECUTION_SUSPENDED:
            if self._suspended:
                return "drop"
            self._suspended = True
        elif kind == Kind.EXECUTION_RESUMED:
            if not self._suspended:
                return "drop"
            self._suspended = False
        return "accept"

    def _take(self, instance: Instance, item: Event) -> bool:
        if self._open is None:
            self._open = open_ids(instance.history)
        number = reference(item)
        if number is None or self._open.get(number) != SCHEDULED_BY[item["EventType"]]:
            return False
        del self._open[number]
        return True


def _new_instance(item: Event, now: datetime, previous: Instance | None) -> Instance:
    identity = item["OrchestrationInstance"]
    pending = previous is not None and previous.execution_id == identity["ExecutionId"]
    return Instance(
        instance_id=identity["InstanceId"],
        execution_id=identity["ExecutionId"],
        name=item["Name"],
        version=item["Version"] or "",
        status="Pending",
        created=previous.created if previous and pending else now,
        updated=now,
        input=item["Input"],
        parent=item["ParentInstance"],
    )
