"""What a client may do to orchestration instances; ``management`` puts HTTP around it.

Each operation checks as the real client does and then only enqueues a message: the state changes
later, in an episode.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from devstack.functions_host.engine.events import (
    SCHEDULED_BY,
    TERMINAL,
    Event,
    Kind,
    Line,
    Message,
    event,
    event_raised,
    execution_started,
    reference,
)
from devstack.functions_host.engine.instance import Instance
from devstack.functions_host.settings import HostSettings


class ClientError(Exception):
    """An operation was refused."""


class ArgumentRefusedError(ClientError):
    """An argument is wrong (400)."""


class UnknownInstanceError(ClientError):
    """There is no such instance (404)."""


class EndedInstanceError(ClientError):
    """The instance has ended (410)."""


class WrongStateError(ClientError):
    """The instance is in a state that does not allow this (500)."""


class PreconditionError(ClientError):
    """The instance has not come to the state that this needs (412)."""


class AlreadyExistsError(ClientError):
    """An active instance has this id already (409)."""


@dataclass(frozen=True, slots=True)
class InstanceFilter:
    """Which instances a query asks for."""

    created_from: datetime | None = None
    created_to: datetime | None = None
    statuses: frozenset[str] = frozenset()
    prefix: str = ""

    @property
    def empty(self) -> bool:
        """Return whether every instance passes."""
        return self == InstanceFilter()


class InstanceStore(Protocol):
    """Where instances and control messages are kept; each method is atomic."""

    def instance(self, instance_id: str, *, history: bool = True) -> Instance | None:
        """Return an instance, with its history unless that is not asked for."""

    def put_instance(self, instance: Instance, messages: Iterable[Message], now: datetime) -> None:
        """Create or replace an instance and enqueue messages for it."""

    def enqueue(self, messages: Iterable[Message], now: datetime) -> None:
        """Put messages into the control queue."""

    def matching_ids(self, wanted: InstanceFilter) -> list[str]:
        """Return the ids of all instances that pass the filter."""

    def purge(self, instance_ids: Sequence[str]) -> int:
        """Delete instances; return how many there were."""


def _new_guid() -> str:
    return uuid.uuid4().hex


@dataclass(frozen=True, slots=True)
class TaskHubClient:
    """The operations on the instances of one task hub."""

    store: InstanceStore
    orchestrators: Mapping[str, str]
    """The names of the orchestrators, by their names in lower case."""
    settings: HostSettings
    announce: Callable[[list[Message]], None]
    """Tells the hub about messages that are in the store already."""
    clock: Callable[[], datetime]
    new_id: Callable[[], str] = _new_guid

    def start(
        self,
        name: str,
        instance_id: str | None,
        input_text: str | None,
        version: str | None = None,
    ) -> str:
        """Start an instance; one that has ended under the same id is silently replaced.

        An orchestrator that does not exist, or an id of odd letters, is not refused: the instance
        of an unknown orchestrator fails later.

        Raises:
            AlreadyExistsError: An instance of this id is active.
        """
        registered = self.orchestrators.get(name.lower(), name)
        instance_id = instance_id or self.new_id()
        generation = self._next_generation(instance_id)
        if version is None:
            version = self.settings.default_version
        self._create(registered, instance_id, input_text, version, generation)
        return instance_id

    def _next_generation(self, instance_id: str) -> int | None:
        """Count the instances that an id has had; None after a continue-as-new."""
        found = self.store.instance(instance_id)
        if found is None:
            return 0
        if not found.ended and not self.settings.override_any_state:
            raise AlreadyExistsError(
                f"An Orchestration instance with the status {found.status} already exists."
            )
        generation: int | None = found.history[1].event["Generation"] if found.history else 0
        return None if generation is None else generation + 1

    def _create(
        self,
        name: str,
        instance_id: str,
        input_text: str | None,
        version: str,
        generation: int | None,
    ) -> None:
        now = self.clock()
        # With hyphens where a client starts it; those that the engine starts have none.
        execution_id = str(uuid.UUID(self.new_id()))
        started = execution_started(
            now,
            name=name,
            instance_id=instance_id,
            execution_id=execution_id,
            input_text=input_text,
            version=version,
            generation=generation,
        )
        instance = Instance(
            instance_id=instance_id,
            execution_id=execution_id,
            name=name,
            version=version,
            status="Pending",
            created=now,
            updated=now,
            input=input_text,
        )
        message = Message(instance_id, execution_id, started)
        self.store.put_instance(instance, [message], now)
        self.announce([message])

    def get(self, instance_id: str, *, history: bool = False) -> Instance | None:
        """Return an instance."""
        return self.store.instance(instance_id, history=history)

    def raise_event(self, instance_id: str, name: str, input_text: str | None) -> None:
        """Send an external event."""
        self.active(instance_id)
        self._send(instance_id, event_raised(self.clock(), name, input_text))

    def terminate(self, instance_id: str, reason: str | None) -> None:
        """End an instance, whatever it is doing."""
        self.active(instance_id)
        self._send(instance_id, event(Kind.EXECUTION_TERMINATED, self.clock(), Input=reason))

    def suspend(self, instance_id: str, reason: str | None) -> None:
        """Suspend an instance."""
        if self.active(instance_id).status == "Suspended":
            raise WrongStateError(
                f"Cannot suspend the orchestration instance {instance_id} because instance is in "
                "the Suspended state."
            )
        self._send(instance_id, event(Kind.EXECUTION_SUSPENDED, self.clock(), Reason=reason))

    def resume(self, instance_id: str, reason: str | None) -> None:
        """Resume a suspended instance."""
        status = self.active(instance_id).status
        if status != "Suspended":
            raise WrongStateError(
                f"Cannot resume the orchestration instance {instance_id} because instance is in "
                f"the {status} state."
            )
        self._send(instance_id, event(Kind.EXECUTION_RESUMED, self.clock(), Reason=reason))

    def restart(self, instance_id: str, *, new_id: bool) -> str:
        """Start an instance of the same name and input again."""
        found = self.get(instance_id)
        if found is None:
            raise ArgumentRefusedError(
                f"No instance with ID '{instance_id}' was found. (Parameter 'instanceId')"
            )
        target = None if new_id else instance_id
        return self.start(found.name, target, found.input or "null", found.version)

    def rewind(self, instance_id: str, reason: str | None) -> None:
        """Take back the failures of a failed instance and of its sub-orchestrations."""
        found = self._known(instance_id)
        if found.status != "Failed":
            raise PreconditionError(
                f"This orchestration has status {found.status}, but only orchestrations in the "
                '"Failed" state can be rewound.'
            )
        self._rewind(instance_id, reason or "")

    def _rewind(self, instance_id: str, reason: str) -> bool:
        """Rewind an instance; return whether there was a failed one."""
        found = self.store.instance(instance_id)
        if found is None or found.status != "Failed":
            return False
        lines, children = _without_failures([line.event for line in found.history])
        now = self.clock()
        rewound = replace(found, status="Running", output=None, updated=now, history=lines)
        alive = [child for child in children if self._rewind(child, reason)]
        messages = []
        if not alive:
            woken = event(Kind.GENERIC, now, Data=reason)
            messages.append(Message(instance_id, None, woken))
        self.store.put_instance(rewound, messages, now)
        self.announce(messages)
        return True

    def purge(self, instance_id: str) -> int:
        """Delete an ended instance; return how many that were."""
        found = self._known(instance_id)
        if not found.ended:
            raise PreconditionError(
                "Only orchestrations in a terminal state can be purged, but the orchestration with "
                f"instance ID {instance_id} has status {found.status}"
            )
        return self.store.purge([instance_id])

    def purge_all(self, wanted: InstanceFilter) -> int:
        """Delete the ended instances that pass the filter."""
        statuses = (wanted.statuses & TERMINAL) if wanted.statuses else TERMINAL
        if not statuses:
            return 0
        return self.store.purge(self.store.matching_ids(replace(wanted, statuses=statuses)))

    def _known(self, instance_id: str) -> Instance:
        found = self.get(instance_id)
        if found is None:
            raise UnknownInstanceError(instance_id)
        return found

    def active(self, instance_id: str) -> Instance:
        """Return an instance that can still receive something.

        Raises:
            UnknownInstanceError: There is none.
            EndedInstanceError: It has ended.
        """
        found = self._known(instance_id)
        if found.ended:
            raise EndedInstanceError(instance_id)
        return found

    def _send(self, instance_id: str, item: Event) -> None:
        message = Message(instance_id, None, item)
        self.store.enqueue([message], self.clock())
        self.announce([message])


def _without_failures(history: list[Event]) -> tuple[tuple[Line, ...], list[str]]:
    """Blank out what failed, with what scheduled it; return also the failed children."""
    failed_tasks = {reference(item) for item in history if item["EventType"] == Kind.TASK_FAILED}
    failed_children = {
        reference(item) for item in history if item["EventType"] == Kind.SUB_ORCHESTRATION_FAILED
    }
    children = []
    lines = []
    for item in history:
        kind = item["EventType"]
        if kind == Kind.SUB_ORCHESTRATION_CREATED and item["EventId"] in failed_children:
            children.append(str(item["InstanceId"]))
        blank = (
            kind in (Kind.TASK_FAILED, Kind.SUB_ORCHESTRATION_FAILED)
            or (kind == Kind.EXECUTION_COMPLETED)
            or (kind == SCHEDULED_BY[Kind.TASK_FAILED] and item["EventId"] in failed_tasks)
        )
        lines.append(Line.of(_blank(item) if blank else item))
    return tuple(lines), children


def _blank(item: Event) -> Event:
    kept = {key: item[key] for key in ("EventId", "IsPlayed", "Timestamp")}
    return {"EventType": int(Kind.GENERIC), **kept, "Data": None}
