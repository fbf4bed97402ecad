"""The orchestration engine: one episode of one instance, without I/O and without a clock.

Every rule of the durable protocol lives here or in ``replay``. A driver (``live`` with SQLite and
real time, ``simulation`` in memory with virtual time) only carries messages and keeps what comes
back, all of it in one transaction.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from devstack.functions_host.engine import failures
from devstack.functions_host.engine.admission import admit
from devstack.functions_host.engine.answer import Answer, read_answer
from devstack.functions_host.engine.events import (
    NUMBERED,
    STATUS_NUMBERS,
    Event,
    Kind,
    Line,
    Message,
    Scheduled,
    Work,
    compact,
    event,
    execution_started,
    stamp,
)
from devstack.functions_host.engine.instance import (
    Episode,
    EpisodeRejectedError,
    Instance,
    UnknownOrchestratorError,
    World,
)
from devstack.functions_host.engine.nondeterminism import NonDeterminismError
from devstack.functions_host.engine.replay import Replay, Surroundings, UnsupportedActionError


def run_episode(
    instance: Instance | None, messages: Sequence[Message], now: datetime, world: World
) -> Episode:
    """Process a batch of control messages for one instance."""
    episode = Episode(instance)
    accepted = admit(episode, messages, now)
    if not accepted or episode.instance is None:
        return episode
    _Execution(episode, episode.instance, world, now).run(accepted)
    return episode


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
        before = self._instance
        carried = self._call([started, *arrived])
        if carried is None and not self._instance.ended:
            self._pause(before, inputs)
        return carried

    def _pause(self, before: Instance, inputs: list[Event]) -> None:
        """Leave the instance suspended where it was, or has become so by the inputs.

        The code has run all the same, on what is recorded while the instance is suspended; the
        replay acts on that after the resumption alone.
        """
        pausing = [item for item in inputs if item["EventType"] in _PAUSING]
        suspended, reason = before.status == "Suspended", before.output
        if pausing:
            suspended = pausing[-1]["EventType"] == Kind.EXECUTION_SUSPENDED
            reason = _text(pausing[-1]["Reason"])
        if suspended:
            self._instance = replace(self._instance, status="Suspended", output=reason)

    def _terminate(self, item: Event) -> None:
        self._finish("Terminated", _text(item["Input"]), _next_id(self._history()), None)

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
        answer = self._ask(instance.name, payload)
        custom_status = answer.custom_status or instance.custom_status
        self._instance = replace(
            instance, status="Running", output=None, custom_status=custom_status
        )
        if answer.immediate:
            output = failures.orchestrator_output(instance.name, answer.error or "")
            self._finish("Failed", _text(output), _next_id(self._history()), answer.details)
            return None
        return self._settle(answer, unseen)

    def _ask(self, name: str, payload: str) -> Answer:
        try:
            return read_answer(self._world.call_orchestrator(name, payload))
        except UnknownOrchestratorError as error:
            text = str(error)
            return Answer(actions=[], error=text, details=text, immediate=True)

    def _settle(self, answer: Answer, unseen: list[Line]) -> list[Event] | None:
        replay = Replay(answer.actions, self._surroundings())
        try:
            for line in (*self._instance.history, *unseen):
                replay.feed(line.event)
        except NonDeterminismError as error:
            reason = f"Non-Deterministic workflow detected: {error}"
            for scheduled in replay.pending.values():
                self._emit(scheduled)  # The real host schedules it before it fails.
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

    def _conclude(self, answer: Answer, replay: Replay) -> list[Event] | None:
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

    def _note_hang(self, answer: Answer, replay: Replay) -> None:
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
            generation=None,
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


_PAUSING = frozenset({Kind.EXECUTION_SUSPENDED, Kind.EXECUTION_RESUMED})


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
