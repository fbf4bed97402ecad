"""How the host turns the SDK's action list into scheduled work, by replaying it over the history.

The real host runs the list as a .NET orchestrator: actions strictly one after the other, a compound
one starting all its children first. This module is that orchestrator, free of I/O and clocks:
start it with the actions, feed it the history in order, then read what is pending and open.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from devstack.functions_host.engine.events import Event, Kind, Scheduled, compact, parse_stamp
from devstack.functions_host.engine.nondeterminism import (
    _DOTNET_ACTIONS,
    NonDeterminismError,
    not_scheduled,
    other_kind,
    other_name,
)

Action = dict[str, Any]
Done = Callable[[bool], None]

#: Longer retry intervals are refused; the SDK itself cuts longer timers into pieces.
LONGEST_TIMER = timedelta(days=6)
HTTP_ACTIVITY = "BuiltIn::HttpActivity"

_ACTION_NUMBERS = {
    "callactivity": 0,
    "callactivitywithretry": 1,
    "callsuborchestrator": 2,
    "callsuborchestratorwithretry": 3,
    "continueasnew": 4,
    "createtimer": 5,
    "waitforexternalevent": 6,
    "callentity": 7,
    "callhttp": 8,
    "signalentity": 9,
    "scheduledsignalentity": 10,
    "whenany": 11,
    "whenall": 12,
}


class UnsupportedActionError(Exception):
    """The orchestrator asked for something that this host leaves out."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the replay has to know about the instance and the app."""

    instance_id: str
    execution_id: str
    parent_instance_id: str | None
    has_activity: Callable[[str], bool]
    has_orchestrator: Callable[[str], bool]
    max_actions: int = 100_000


class Replay:
    """One pass over the history with the action list of this episode."""

    def __init__(self, actions: list[Action], around: Surroundings) -> None:
        self.pending: dict[int, Scheduled] = {}
        self.open: dict[int, Done] = {}
        self.next_id = 0
        self.finished = False
        self.continue_as_new: str | None = None
        self.carried: list[Event] = []
        self.warnings: list[str] = []
        self._actions = actions
        self._index = 0
        self._around = around
        self._now = datetime.min.replace(tzinfo=UTC)
        self._started = 0
        self._suspended = False
        self._held: list[Event] = []
        self._buffered: dict[str, deque[Event]] = defaultdict(deque)
        self._waiting: dict[str, list[Done]] = defaultdict(list)
        self._starters: dict[int, Callable[[Action, Done], None]] = {
            0: self._start_activity,
            1: self._start_activity_with_retry,
            2: self._start_sub_orchestrator,
            3: self._start_sub_orchestrator_with_retry,
            4: self._start_continue_as_new,
            5: self._start_timer,
            6: self._start_wait,
            8: self._start_http,
            11: self._start_any,
            12: self._start_all,
        }

    def feed(self, item: Event) -> None:
        """Process the next history event.

        Raises:
            NonDeterminismError: A scheduling event does not match what the actions asked for.
        """
        kind = item["EventType"]
        if kind == Kind.EXECUTION_SUSPENDED:
            self._suspended = True
        elif kind == Kind.EXECUTION_RESUMED:
            self._resume()
        elif self._suspended and (kind == Kind.EVENT_RAISED or kind in _COMPLETIONS):
            self._held.append(item)
        else:
            self._process(item)

    def _resume(self) -> None:
        """Process what was recorded while the instance was suspended."""
        self._suspended = False
        held, self._held = self._held, []
        for item in held:
            self._process(item)

    def _process(self, item: Event) -> None:
        kind = item["EventType"]
        if kind == Kind.ORCHESTRATOR_STARTED:
            self._now = max(self._now, parse_stamp(item["Timestamp"]))
        elif kind == Kind.EXECUTION_STARTED:
            self._run()
        elif kind in _DOTNET_ACTIONS:
            self._match(Kind(kind), item)
        elif kind == Kind.EVENT_RAISED:
            self._raise_event(item)
        elif kind in _COMPLETIONS:
            self._complete(_COMPLETIONS[kind], item)

    def _run(self) -> None:
        """Start actions until one of them has to be waited for."""
        while self._index < len(self._actions):
            action = self._actions[self._index]
            self._index += 1
            step = _Step(self._run)
            self._start(action, step)
            if not step.settle():
                return
        self.finished = True

    def _start(self, action: Action, done: Done) -> None:
        starter = self._starters.get(_action_number(action))
        if starter is None:
            raise UnsupportedActionError(
                "Durable entities are not supported by this stand-in host: the orchestrator "
                f"asked for entity operation {action.get('operation')!r} on "
                f"{action.get('instanceId')!r}. Run the app with Azure Functions Core Tools."
            )
        starter(action, done)

    def _match(self, kind: Kind, item: Event) -> None:
        number = item["EventId"]
        expected = self.pending.get(number)
        if expected is None:
            raise NonDeterminismError(not_scheduled(kind, item))
        if expected.kind is not kind:
            raise NonDeterminismError(other_kind(kind, item, expected))
        if kind is not Kind.TIMER_CREATED and expected.name.lower() != item["Name"].lower():
            raise NonDeterminismError(other_name(kind, item, expected))
        del self.pending[number]

    def _complete(self, outcome: tuple[str, bool], item: Event) -> None:
        key, succeeded = outcome
        done = self.open.pop(item[key], None)
        if done is not None:
            done(succeeded)

    def _raise_event(self, item: Event) -> None:
        if self.continue_as_new is not None:
            self.carried.append(item)
            return
        name = item["Name"].lower()
        waiting = self._waiting.get(name)
        if waiting:
            waiting.pop()(True)  # The newest wait is released first.
        else:
            self._buffered[name].append(item)

    def _schedule(self, done: Done, **fields: Any) -> None:  # noqa: ANN401 - fields of Scheduled
        if self._started >= self._around.max_actions:
            self.warnings.append(
                f"maxOrchestrationActions ({self._around.max_actions}) is exceeded; "
                "nothing more is scheduled and the instance will hang"
            )
            done(False)
            return
        self._started += 1
        scheduled = Scheduled(id=self.next_id, **fields)
        self.next_id += 1
        self.pending[scheduled.id] = scheduled
        self.open[scheduled.id] = done

    def _schedule_timer(self, fire_at: datetime, done: Done) -> None:
        self._schedule(done, kind=Kind.TIMER_CREATED, fire_at=fire_at)

    def _start_activity(self, action: Action, done: Done) -> None:
        name = action["functionName"]
        if not self._around.has_activity(name):
            self._skip(f"activity {name!r} is not known", done)
            return
        self._schedule(done, kind=Kind.TASK_SCHEDULED, name=name, input=action.get("input"))

    def _start_http(self, action: Action, done: Done) -> None:
        request = compact(action.get("httpRequest"))
        self._schedule(done, kind=Kind.TASK_SCHEDULED, name=HTTP_ACTIVITY, input=request)

    def _start_sub_orchestrator(self, action: Action, done: Done) -> None:
        name = action["functionName"]
        child = action.get("instanceId") or None
        if not self._around.has_orchestrator(name):
            self._skip(f"orchestrator {name!r} is not known", done)
        elif child in (self._around.instance_id, self._around.parent_instance_id) and child:
            self._skip(f"a sub-orchestration may not take the id {child!r} of its parent", done)
        elif child and child.startswith("@"):
            self._skip(f"the sub-orchestration id {child!r} starts with '@'", done)
        else:
            self._schedule(
                done,
                kind=Kind.SUB_ORCHESTRATION_CREATED,
                name=name,
                input=action.get("input"),
                instance_id=child or f"{self._around.execution_id}:{self.next_id}",
                version=action.get("version"),
            )

    def _start_activity_with_retry(self, action: Action, done: Done) -> None:
        known = self._around.has_activity(action["functionName"])
        self._start_with_retry(action, known, self._start_activity, done)

    def _start_sub_orchestrator_with_retry(self, action: Action, done: Done) -> None:
        known = self._around.has_orchestrator(action["functionName"])
        self._start_with_retry(action, known, self._start_sub_orchestrator, done)

    def _start_with_retry(
        self, action: Action, known: bool, attempt: Callable[[Action, Done], None], done: Done
    ) -> None:
        retry = RetryRule.of(action["retryOptions"])
        if known and retry.first_interval > LONGEST_TIMER:
            self._skip("the first retry interval is longer than six days", done)
            return
        if not known:
            attempt(action, done)
            return
        attempts = 0

        def settle(succeeded: bool) -> None:
            nonlocal attempts
            attempts += 1
            if succeeded:
                done(True)
            elif attempts < retry.max_attempts:
                delay = retry.delay(attempts - 1)
                self._schedule_timer(self._now + delay, lambda _: attempt(action, settle))
            else:
                # The SDK waits for one timer after the last failure too.
                self._schedule_timer(self._now, lambda _: done(False))

        attempt(action, settle)

    def _start_timer(self, action: Action, done: Done) -> None:
        number = self.next_id
        self._schedule_timer(parse_stamp(action["fireAt"]), done)
        if action.get("isCanceled") and self.open.pop(number, None):
            done(False)

    def _start_wait(self, action: Action, done: Done) -> None:
        name = action["externalEventName"].lower()
        if self._buffered[name]:
            self._buffered[name].popleft()
            done(True)
        else:
            self._waiting[name].append(done)

    def _start_continue_as_new(self, action: Action, done: Done) -> None:
        self.continue_as_new = compact(action.get("input"))
        done(True)

    def _start_all(self, action: Action, done: Done) -> None:
        children = action["compoundActions"]
        left = len(children)

        def child_done(_succeeded: bool) -> None:
            nonlocal left
            left -= 1
            if not left:
                done(True)

        for child in children:
            self._start(child, child_done)
        if not children:
            done(True)

    def _start_any(self, action: Action, done: Done) -> None:
        children = action["compoundActions"]
        first = _Once(done)
        for child in children:
            self._start(child, first)
        if not children:
            done(True)

    def _skip(self, why: str, done: Done) -> None:
        """Do what the real host does with a call it refuses: nothing at all, not even an error."""
        self.warnings.append(f"{why}; the call is silently dropped and the instance will hang")
        done(False)


@dataclass(frozen=True, slots=True)
class RetryRule:
    """The retry options of an action; Python sets the first two only."""

    first_interval: timedelta
    max_attempts: int
    backoff: float = 1.0
    max_interval: timedelta = LONGEST_TIMER

    @classmethod
    def of(cls, options: dict[str, Any]) -> RetryRule:
        """Read the options as they come from the SDK."""
        longest = options.get("maxRetryIntervalInMilliseconds")
        return cls(
            first_interval=timedelta(milliseconds=options["firstRetryIntervalInMilliseconds"]),
            max_attempts=options["maxNumberOfAttempts"],
            backoff=options.get("backoffCoefficient") or 1.0,
            max_interval=timedelta(milliseconds=longest) if longest else LONGEST_TIMER,
        )

    def delay(self, attempt: int) -> timedelta:
        """Return the pause after the failed attempt of this number, counted from 0."""
        return min(self.first_interval * self.backoff**attempt, self.max_interval)


class _Step:
    """Waits for one action; resumes the list only when it was left waiting."""

    def __init__(self, resume: Callable[[], None]) -> None:
        self._resume = resume
        self._done = False
        self._left = False

    def __call__(self, _succeeded: bool) -> None:
        self._done = True
        if self._left:
            self._resume()

    def settle(self) -> bool:
        self._left = not self._done
        return self._done


class _Once:
    """Passes on the first of several completions."""

    def __init__(self, done: Done) -> None:
        self._done: Done | None = done

    def __call__(self, _succeeded: bool) -> None:
        if self._done is not None:
            done, self._done = self._done, None
            done(True)


_COMPLETIONS: dict[int, tuple[str, bool]] = {
    Kind.TASK_COMPLETED: ("TaskScheduledId", True),
    Kind.TASK_FAILED: ("TaskScheduledId", False),
    Kind.SUB_ORCHESTRATION_COMPLETED: ("TaskScheduledId", True),
    Kind.SUB_ORCHESTRATION_FAILED: ("TaskScheduledId", False),
    Kind.TIMER_FIRED: ("TimerId", True),
}


def _action_number(action: Action) -> int:
    number = action["actionType"]
    if isinstance(number, str):
        return _ACTION_NUMBERS.get(number.lower(), -1)
    return int(number)
