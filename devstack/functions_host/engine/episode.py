"""The orchestration engine: one episode of one instance, without I/O and without a clock.

Every rule of the durable protocol lives here or in ``replay``. A driver (``live`` with SQLite and
real time, ``simulation`` in memory with virtual time) only carries messages and keeps what comes
back, all of it in one transaction.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from devstack.functions_host.engine import failures
from devstack.functions_host.engine.events import (
    NUMBERED,
    SCHEDULED_BY,
    STATUS_NUMBERS,
    TERMINAL,
    Event,
    Kind,
    Line,
    Message,
    Work,
    compact,
    event,
    execution_started,
    reference,
    stamp,
)
from devstack.functions_host.engine.failures import Failure
from devstack.functions_host.engine.replay import (
    NonDeterminismError,
    Replay,
    Scheduled,
    Surroundings,
    UnsupportedActionError,
)

#: The host refuses a custom status above this size (UTF-16).
CUSTOM_STATUS_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Instance:
    """What is stored of an orchestration instance. JSON texts are None where there is no value."""

    instance_id: str
    execution_id: str
    name: str
    version: str
    status: str
    created: datetime
    updated: datetime
    input: str | None = None
    output: str | None = None
    custom_status: str | None = None
    parent: dict[str, Any] | None = None
    history: tuple[Line, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether nothing can happen to this instance any more."""
        return self.status in TERMINAL


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings of host.json that the engine needs."""

    max_actions: int = 100_000
    store_inputs: bool = False
    default_version: str = ""
    version_match: str = "CurrentOrOlder"
    version_failure: str = "Reject"

    def version_problem(self, version: str) -> str:
        """Say why an instance of this version may not run here; empty where it may."""
        own = self.default_version
        if not own or self.version_match == "None":
            return ""
        if self.version_match == "Strict" and version != own:
            return (
                f"The orchestration version '{version}' does not match the worker version '{own}'."
            )
        if self.version_match == "CurrentOrOlder" and _version_key(version) > _version_key(own):
            return (
                f"The orchestration version '{version}' is greater than the worker version '{own}'."
            )
        return ""


class EpisodeRejectedError(Exception):
    """The episode may not run on this host now; its messages have to stay in the queue."""


class World(Protocol):
    """What an episode asks of its driver."""

    rules: Rules

    def call_orchestrator(self, name: str, payload: str) -> str | Failure:
        """Run the orchestrator function with the protocol's input and return what it answered."""

    def has_activity(self, name: str) -> bool:
        """Whether an activity of this name (in any case) exists."""

    def has_orchestrator(self, name: str) -> bool:
        """Whether an orchestrator of this name (in any case) exists."""

    def new_execution_id(self) -> str:
        """Return a new GUID, 32 hexadecimal digits."""


@dataclass(slots=True)
class Episode:
    """What an episode leaves behind: all of it is to be stored at once."""

    instance: Instance | None
    appended: list[Line] = field(default_factory=list)
    replaces_history: bool = False
    messages: list[Message] = field(default_factory=list)
    work: list[Work] = field(default_factory=list)
    held: list[int] = field(default_factory=list)
    """Positions of the messages that have to wait in the queue."""
    warnings: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    """The inputs that the orchestrator function received."""

    @property
    def changed(self) -> bool:
        """Whether there is anything to store besides the removal of messages."""
        return bool(self.appended)


def run_episode(
    instance: Instance | None, messages: Sequence[Message], now: datetime, world: World
) -> Episode:
    """Process a batch of control messages for one instance."""
    episode = Episode(instance)
    accepted = _admit(episode, messages, now)
    if not accepted or episode.instance is None:
        return episode
    _Execution(episode, episode.instance, world, now).run(accepted)
    return episode


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
_ALWAYS_HEARD = frozenset({Kind.EXECUTION_RESUMED, Kind.EXECUTION_TERMINATED})


def _admit(episode: Episode, messages: Sequence[Message], now: datetime) -> list[Event]:
    """Choose the messages that this episode processes; the others are dropped or held."""
    order = sorted(range(len(messages)), key=lambda i: _rank(episode.instance, messages[i]))
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


def _rank(instance: Instance | None, message: Message) -> int:
    """Order a batch: a start first; what wakes a suspended instance before what it held back."""
    kind = message.event["EventType"]
    if kind == Kind.EXECUTION_STARTED:
        return 0
    suspended = instance is not None and instance.status == "Suspended"
    return 1 if suspended and kind in _ALWAYS_HEARD else 2


class _Gate:
    """Decides message by message, knowing what the ones before it changed."""

    def __init__(self, instance: Instance | None, now: datetime) -> None:
        self.instance = instance
        self.started = False
        self._now = now
        self._suspended = instance is not None and instance.status == "Suspended"
        self._open: dict[int, int] | None = None

    def judge(self, message: Message) -> str:
        kind = message.event["EventType"]
        if kind == Kind.EXECUTION_STARTED:
            return self._judge_start(message)
        instance = self.instance
        if instance is None or instance.ended:
            return "drop"
        if message.execution_id not in (None, instance.execution_id):
            return "drop"
        if not instance.history and not self.started:
            return "hold"  # It overtook the message that starts the instance.
        if self._suspended and kind not in _ALWAYS_HEARD:
            return "drop" if kind == Kind.EXECUTION_SUSPENDED else "hold"
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


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the orchestrator function said, in whichever way it said it."""

    actions: list[dict[str, Any]]
    done: bool = False
    output: str | None = None
    custom_status: str | None = None
    error: str | None = None
    details: str | None = None
    immediate: bool = False


def _read_answer(reply: str | Failure) -> _Answer:
    if isinstance(reply, str):
        return _answer_of(json.loads(reply))
    state = failures.out_of_proc_state(reply)
    if state is None:
        error = f"One or more errors occurred. ({reply.rpc_message})"
        return _Answer(actions=[], error=error, details=reply.rpc_message, immediate=True)
    error = state.get("error") or reply.message
    return replace(_answer_of(state), error=error, details=f"Message: {error}, StackTrace: ")


def _answer_of(state: dict[str, Any]) -> _Answer:
    actions = state["actions"]
    status = state.get("customStatus")
    output = state.get("output")
    answer = _Answer(
        actions=actions[0] if actions else [],
        done=bool(state.get("isDone")),
        output=None if output is None else compact(output),
        custom_status=None if status is None else compact(status),
    )
    # The size that .NET counts: characters are not escaped there.
    plain = json.dumps(status, ensure_ascii=False, separators=(",", ":"))
    size = 0 if status is None else len(plain.encode("utf-16-le", "surrogatepass"))
    if size > CUSTOM_STATUS_BYTES:
        error = (
            "The UTF-16 size of the JSON-serialized payload must not exceed 16 KB. "
            f"The current payload size is {size / 1024:.2f} KB."
        )
        return _Answer(actions=[], error=error, details=error, immediate=True)
    return answer


class _Execution:
    """Runs the orchestrator over the new messages; again after each continue-as-new."""

    def __init__(self, episode: Episode, instance: Instance, world: World, now: datetime) -> None:
        self._episode = episode
        self._instance = instance
        self._world = world
        self._now = now
        self._new: list[Line] = []

    def run(self, inputs: list[Event]) -> None:
        """Process the inputs and leave the outcome in the episode."""
        while True:
            carried = self._round(inputs)
            if carried is None:
                break
            inputs = carried
        self._episode.appended = self._new
        self._episode.instance = replace(
            self._instance,
            updated=self._now,
            history=(*self._instance.history, *self._new),
        )

    def _round(self, inputs: list[Event]) -> list[Event] | None:
        """Run one execution; return the inputs of the next one after a continue-as-new."""
        started = Line.of(event(Kind.ORCHESTRATOR_STARTED, self._now))
        arrived = [Line.of(item) for item in inputs]
        self._new = [started, *[Line.of({**item, "IsPlayed": True}) for item in inputs]]
        terminated = [i for i in inputs if i["EventType"] == Kind.EXECUTION_TERMINATED]
        if terminated:
            self._terminate(terminated[0])
            return None
        suspended = _last_suspension(inputs)
        if suspended is not None and all(i["EventType"] in _PAUSING for i in inputs):
            self._suspend(suspended)
            return None
        carried = self._call([started, *arrived])
        if suspended is not None and not self._instance.ended and carried is None:
            self._instance = replace(
                self._instance, status="Suspended", output=_text(suspended["Reason"])
            )
        return carried

    def _terminate(self, item: Event) -> None:
        self._finish("Terminated", _text(item["Input"]), _next_id(self._history()), None)

    def _suspend(self, item: Event) -> None:
        self._instance = replace(self._instance, status="Suspended", output=_text(item["Reason"]))
        self._close()

    def _call(self, unseen: list[Line]) -> list[Event] | None:
        instance = self._instance
        problem = self._world.rules.version_problem(instance.version)
        if problem and self._world.rules.version_failure == "Fail":
            self._fail_at_once(problem, _next_id(self._history()))
            return None
        if problem:
            raise EpisodeRejectedError(problem)
        started = instance.history[1] if instance.history else unseen[1]
        payload = _payload(instance, started, [*instance.history, *unseen])
        self._episode.calls.append(payload)
        answer = _read_answer(self._world.call_orchestrator(instance.name, payload))
        custom_status = answer.custom_status or instance.custom_status
        self._instance = replace(
            instance, status="Running", output=None, custom_status=custom_status
        )
        if answer.immediate:
            output = failures.orchestrator_output(instance.name, answer.error or "")
            self._finish("Failed", _text(output), _next_id(self._history()), answer.details)
            return None
        return self._settle(answer, unseen)

    def _settle(self, answer: _Answer, unseen: list[Line]) -> list[Event] | None:
        replay = Replay(answer.actions, self._surroundings())
        try:
            for line in (*self._instance.history, *unseen):
                replay.feed(line.event)
        except NonDeterminismError as error:
            reason = f"Non-Deterministic workflow detected: {error}"
            self._fail_at_once(reason, replay.next_id)
            return None
        except UnsupportedActionError as error:
            self._fail_at_once(str(error), replay.next_id)
            return None
        self._episode.warnings += replay.warnings
        for scheduled in replay.pending.values():
            self._emit(scheduled)
        return self._conclude(answer, replay)

    def _fail_at_once(self, reason: str, next_id: int) -> None:
        details = f"Unhandled exception while executing orchestration: {reason}"
        self._finish("Failed", _text(reason), next_id, details)

    def _surroundings(self) -> Surroundings:
        parent = self._instance.parent
        return Surroundings(
            instance_id=self._instance.instance_id,
            execution_id=self._instance.execution_id,
            parent_instance_id=parent["OrchestrationInstance"]["InstanceId"] if parent else None,
            has_activity=self._world.has_activity,
            has_orchestrator=self._world.has_orchestrator,
            max_actions=self._world.rules.max_actions,
        )

    def _conclude(self, answer: _Answer, replay: Replay) -> list[Event] | None:
        """Complete only when the code is done, every action was awaited and nothing is open."""
        said_so = answer.done or answer.error is not None
        if not (said_so and replay.finished and not replay.open):
            self._note_hang(answer, replay)
            self._close()
            return None
        if answer.error is not None:
            output = failures.orchestrator_output(self._instance.name, answer.error)
            self._finish("Failed", _text(output), replay.next_id, answer.details)
        elif replay.continue_as_new is not None:
            return self._start_over(replay)
        else:
            self._finish("Completed", answer.output, replay.next_id, None)
        return None

    def _note_hang(self, answer: _Answer, replay: Replay) -> None:
        if answer.done or answer.error or not replay.finished or replay.open:
            return
        self._episode.warnings.append(
            "the orchestrator waits although nothing it yielded is pending (it yielded None, a "
            "call was dropped, or an event came with its name in another case): it will hang"
        )

    def _start_over(self, replay: Replay) -> list[Event]:
        """Continue as new, in the same episode: fresh history, same id, new input."""
        old = self._instance
        execution_id = self._world.new_execution_id()
        start = execution_started(
            self._now,
            name=old.name,
            instance_id=old.instance_id,
            execution_id=execution_id,
            input_text=replay.continue_as_new,
            version=old.version,
            parent=old.parent,
        )
        self._instance = replace(
            old, execution_id=execution_id, input=replay.continue_as_new, history=()
        )
        self._episode.replaces_history = True
        return [start, *replay.carried]

    def _history(self) -> list[Line]:
        return [*self._instance.history, *self._new]

    def _append(self, item: Event) -> None:
        self._new.append(Line.of(item))

    def _close(self) -> None:
        self._append(event(Kind.ORCHESTRATOR_COMPLETED, self._now))

    def _finish(self, status: str, output: str | None, event_id: int, details: str | None) -> None:
        self._append(
            event(
                Kind.EXECUTION_COMPLETED,
                self._now,
                event_id,
                OrchestrationStatus=STATUS_NUMBERS[status],
                Result=_plain(output) if status != "Completed" else output,
                FailureDetails=None,
            )
        )
        self._close()
        self._instance = replace(self._instance, status=status, output=output)
        self._tell_parent(status, output, details)

    def _tell_parent(self, status: str, output: str | None, details: str | None) -> None:
        parent = self._instance.parent
        if parent is None:
            return
        number = parent["TaskScheduleId"]
        if status == "Completed":
            item = event(
                Kind.SUB_ORCHESTRATION_COMPLETED,
                self._now,
                TaskScheduledId=number,
                Result=output,
            )
        else:
            item = event(
                Kind.SUB_ORCHESTRATION_FAILED,
                self._now,
                TaskScheduledId=number,
                Reason=_plain(output),
                Details=details,
                FailureDetails=None,
            )
        identity = parent["OrchestrationInstance"]
        self._send(identity["InstanceId"], identity["ExecutionId"], item)

    def _send(
        self, instance_id: str, execution_id: str | None, item: Event, due: datetime | None = None
    ) -> None:
        self._episode.messages.append(Message(instance_id, execution_id, item, due))

    def _emit(self, scheduled: Scheduled) -> None:
        if scheduled.kind is Kind.TASK_SCHEDULED:
            self._emit_activity(scheduled)
        elif scheduled.kind is Kind.TIMER_CREATED:
            self._emit_timer(scheduled)
        else:
            self._emit_sub_orchestration(scheduled)

    def _emit_activity(self, scheduled: Scheduled) -> None:
        stored = compact([scheduled.input]) if self._world.rules.store_inputs else None
        self._append(
            event(
                Kind.TASK_SCHEDULED,
                self._now,
                scheduled.id,
                Name=scheduled.name,
                Version="",
                Input=stored,
                ParentTraceContext=None,
                Tags=None,
            )
        )
        instance = self._instance
        self._episode.work.append(
            Work(
                instance.instance_id,
                instance.execution_id,
                scheduled.id,
                scheduled.name,
                scheduled.input,
            )
        )

    def _emit_timer(self, scheduled: Scheduled) -> None:
        fire_at = scheduled.fire_at
        assert fire_at is not None
        self._append(event(Kind.TIMER_CREATED, self._now, scheduled.id, FireAt=stamp(fire_at)))
        fired = event(
            Kind.TIMER_FIRED,
            max(fire_at, self._now),
            TimerId=scheduled.id,
            FireAt=stamp(fire_at),
        )
        instance = self._instance
        self._send(instance.instance_id, instance.execution_id, fired, due=fire_at)

    def _emit_sub_orchestration(self, scheduled: Scheduled) -> None:
        instance = self._instance
        version = scheduled.version or self._world.rules.default_version
        child = scheduled.instance_id
        assert child is not None
        self._append(
            event(
                Kind.SUB_ORCHESTRATION_CREATED,
                self._now,
                scheduled.id,
                Name=scheduled.name,
                Version=version,
                InstanceId=child,
                Input=None,
                ClientSpanId=None,
                Tags=None,
            )
        )
        start = execution_started(
            self._now,
            name=scheduled.name,
            instance_id=child,
            execution_id=self._world.new_execution_id(),
            input_text=compact(scheduled.input),
            version=version,
            parent={
                "Name": instance.name,
                "OrchestrationInstance": {
                    "InstanceId": instance.instance_id,
                    "ExecutionId": instance.execution_id,
                },
                "TaskScheduleId": scheduled.id,
                "Version": instance.version,
            },
        )
        self._send(child, None, start)


def _version_key(version: str) -> list[tuple[int, str]]:
    """Make versions comparable part by part: numbers as numbers, and before other text."""
    parts = version.split(".") if version else []
    return [(int(part), "") if part.isdigit() else (sys.maxsize, part) for part in parts]


_PAUSING = frozenset({Kind.EXECUTION_SUSPENDED, Kind.EXECUTION_RESUMED})


def _last_suspension(inputs: list[Event]) -> Event | None:
    """Return the event that leaves the instance suspended at the end of the batch, if one does."""
    last = None
    for item in inputs:
        if item["EventType"] in _PAUSING:
            last = item
    return last if last is not None and last["EventType"] == Kind.EXECUTION_SUSPENDED else None


def _next_id(history: list[Line]) -> int:
    numbers = [line.event["EventId"] for line in history if line.event["EventType"] in NUMBERED]
    return max(numbers, default=-1) + 1


def _text(value: str | None) -> str | None:
    """Turn a plain string into the JSON text that the instance row holds."""
    return None if value is None else json.dumps(value)


def _plain(text: str | None) -> str | None:
    """Undo ``_text``; history holds the reason of a failure as it is."""
    return None if text is None else str(json.loads(text))


def _payload(instance: Instance, started: Line, lines: list[Line]) -> str:
    """Build the orchestrator's input from stored texts; nothing is serialised again."""
    first = not instance.history
    parent = instance.parent
    rest = compact(
        {
            "instanceId": instance.instance_id,
            "isReplaying": not first,
            "parentInstanceId": parent["OrchestrationInstance"]["InstanceId"] if parent else None,
            "upperSchemaVersion": 1,
            "upperSchemaVersionNew": 2,
            "longRunningTimerIntervalDuration": "3.00:00:00",
            "maximumShortTimerDuration": "6.00:00:00",
            "defaultHttpAsyncRequestSleepTimeMillseconds": 30000,
        }
    )
    history = ",".join(line.text for line in lines)
    given = started.event["Input"]
    return f'{{"history":[{history}],"input":{given or "null"},{rest[1:]}'
