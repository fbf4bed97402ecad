"""Drives the engine in memory under a virtual clock, with a schedule drawn from a seed.

Days of an orchestration take milliseconds, and a failure repeats from its seed: the order and delay
of messages, duplicated completions, crashes between any two steps and faults of activities all come
from one random generator. The rules are the engine's; nothing of them is repeated here.
"""

from __future__ import annotations

import asyncio
import heapq
import inspect
import random
import uuid
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from azure.functions.meta import Datum

from devstack.functions_host.app.indexing import sdk_converter
from devstack.functions_host.engine import failures
from devstack.functions_host.engine.episode import run_episode
from devstack.functions_host.engine.events import (
    SCHEDULED_BY,
    Kind,
    Message,
    Work,
    compact,
    task_completed,
    task_failed,
)
from devstack.functions_host.engine.failures import Failure
from devstack.functions_host.engine.instance import (
    Episode,
    EpisodeRejectedError,
    Instance,
    Rules,
    UnknownOrchestratorError,
)
from devstack.functions_host.hub.client import InstanceFilter, TaskHubClient
from devstack.functions_host.hub.recovery import RecoveryTimes
from devstack.functions_host.settings import HostSettings

Orchestrator = Callable[[Any], str]
Activity = Callable[[Any], Any]
BATCH = 32
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class ActivityFaultError(Exception):
    """The fault that a simulation puts in place of an activity's work."""


class HostCrash(BaseException):
    """The host stops here. A test raises it while an activity runs, which then runs again."""


class EndlessSimulationError(Exception):
    """The simulation did not come to rest within its number of steps."""


@dataclass(frozen=True, slots=True)
class Faults:
    """What may go wrong, as probabilities per occasion; delays are drawn evenly up to the limit."""

    episode_crash: float = 0.0
    """The host stops before it commits an episode."""
    activity_crash: float = 0.0
    """The host stops after an activity has run, before its result is stored."""
    duplicate: float = 0.0
    """A completion arrives twice."""
    activity_failure: float = 0.0
    """An activity raises instead of running."""
    activity_repeat: float = 0.0
    """An activity that is done runs once more, as where a host lost its lease on the work."""
    message_delay: timedelta = timedelta(0)
    activity_time: timedelta = timedelta(0)
    repeat_delay: timedelta = timedelta(minutes=10)
    recovery: RecoveryTimes | None = None
    """When what a crash interrupted is there again; without it at once, or a second later."""


@dataclass(slots=True)
class MemoryStore:
    """Instances and undelivered messages in memory."""

    instances: dict[str, Instance] = field(default_factory=dict)
    post: Callable[[Message], None] = lambda _message: None

    def instance(self, instance_id: str, *, history: bool = True) -> Instance | None:
        """Return an instance."""
        found = self.instances.get(instance_id)
        return found if found is None or history else replace(found, history=())

    def put_instance(self, instance: Instance, messages: Iterable[Message], now: datetime) -> None:
        """Create or replace an instance."""
        self.instances[instance.instance_id] = instance
        self.enqueue(messages, now)

    def enqueue(self, messages: Iterable[Message], now: datetime) -> None:
        """Hand messages to the simulated queue."""
        for message in messages:
            self.post(replace(message, due=message.due or now))

    def matching_ids(self, wanted: InstanceFilter) -> list[str]:
        """Return the ids of all instances that pass the filter."""
        return [i.instance_id for i in self.instances.values() if _passes(i, wanted)]

    def purge(self, instance_ids: Sequence[str]) -> int:
        """Delete instances."""
        return sum(self.instances.pop(i, None) is not None for i in instance_ids)


@dataclass(slots=True)
class Simulation:
    """A task hub in memory. Orchestrators are the SDK's handles, activities plain functions."""

    orchestrators: Mapping[str, Orchestrator]
    activities: Mapping[str, Activity]
    seed: int = 0
    faults: Faults = Faults()
    rules: Rules = field(default_factory=Rules)
    settings: HostSettings = field(default_factory=HostSettings)
    now: datetime = EPOCH
    duration: Callable[[Work], timedelta] | None = None
    """How long an activity takes; without it, the faults say."""
    episodes: list[tuple[datetime, Episode]] = field(default_factory=list)
    calls: list[tuple[str, Any]] = field(default_factory=list)
    """Every run of an activity, with its input; repeated runs after a crash included."""
    crashes: list[str] = field(default_factory=list)
    """Every crash of the host, by the function that it interrupted."""
    warnings: list[str] = field(default_factory=list)
    client: TaskHubClient = field(init=False)
    store: MemoryStore = field(init=False)
    _random: random.Random = field(init=False)
    _agenda: list[tuple[datetime, int, Callable[[], object]]] = field(default_factory=list)
    _count: int = 0
    _inbox: dict[str, list[Message]] = field(default_factory=dict)
    _leased_until: dict[str, datetime] = field(default_factory=dict)
    """When the partition of an instance is free again after a crash."""

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - a schedule, not a secret
        self.store = MemoryStore(post=self._post)
        names = {name.lower(): name for name in self.orchestrators}
        self.client = TaskHubClient(
            self.store,
            names,
            self.settings,
            lambda _messages: None,
            lambda: self.now,
            self.new_execution_id,
        )

    # What a test does

    def start(self, name: str, value: object = None, instance_id: str | None = None) -> str:
        """Start an instance as the Python client does: the input is encoded twice."""
        text = None if value is None else compact(compact(value))
        return self.client.start(name, instance_id, text)

    def raise_event(self, instance_id: str, name: str, value: object = None) -> None:
        """Raise an event as a plain HTTP request does: the value is encoded once."""
        self.client.raise_event(instance_id, name, compact(value))

    def after(self, delay: timedelta, action: Callable[[], object]) -> None:
        """Do something at a later moment of virtual time."""
        self._plan(self.now + delay, action)

    def run(self, until: datetime | None = None, steps: int = 100_000) -> None:
        """Go on until nothing is left to do, or until a moment of virtual time.

        Raises:
            EndlessSimulationError: That took more steps than allowed.
        """
        for _ in range(steps):
            if not self._agenda or (until is not None and self._agenda[0][0] > until):
                self.now = max(self.now, until) if until is not None else self.now
                return
            moment, _number, action = heapq.heappop(self._agenda)
            self.now = max(self.now, moment)
            action()
        raise EndlessSimulationError(f"seed {self.seed}: still busy after {steps} steps")

    def instance(self, instance_id: str) -> Instance:
        """Return an instance that has to be there."""
        return self.store.instances[instance_id]

    # What an episode asks for

    def call_orchestrator(self, name: str, payload: str) -> str | Failure:
        """Run the orchestrator function."""
        handle = _by_name(self.orchestrators, name)
        if handle is None:
            raise UnknownOrchestratorError(name, self.orchestrators)
        decoded = sdk_converter("orchestrationTrigger").decode(
            Datum(payload, "string"), trigger_metadata={}
        )
        try:
            with _quiet_sdk():
                return str(handle(decoded))
        except Exception as error:  # noqa: BLE001 - whatever the code raises is its outcome
            return Failure.of(error)

    def has_activity(self, name: str) -> bool:
        """Return whether there is an activity of this name."""
        return _by_name(self.activities, name) is not None

    def has_orchestrator(self, name: str) -> bool:
        """Return whether there is an orchestrator of this name."""
        return _by_name(self.orchestrators, name) is not None

    def new_execution_id(self) -> str:
        """Return a GUID drawn from the seed."""
        return uuid.UUID(int=self._random.getrandbits(128), version=4).hex

    # The queues

    def _plan(self, moment: datetime, action: Callable[[], object]) -> None:
        heapq.heappush(self._agenda, (moment, self._count, action))
        self._count += 1

    def _chance(self, probability: float) -> bool:
        return probability > 0 and self._random.random() < probability

    def _up_to(self, limit: timedelta) -> timedelta:
        return limit * self._random.random() if limit else limit

    def _post(self, message: Message) -> None:
        due = (message.due or self.now) + self._up_to(self.faults.message_delay)
        self._plan(due, lambda: self._deliver(message))
        if message.event["EventType"] in SCHEDULED_BY and self._chance(self.faults.duplicate):
            again = due + self._up_to(self.faults.message_delay)
            self._plan(again, lambda: self._deliver(message))

    def _deliver(self, message: Message) -> None:
        self._inbox.setdefault(message.instance_id, []).append(message)
        self._plan(self.now, lambda: self._run_episode(message.instance_id))

    def _run_episode(self, instance_id: str) -> None:
        inbox = self._inbox.get(instance_id, [])
        batch = inbox[:BATCH]
        if not batch:
            return
        free = self._leased_until.get(instance_id, self.now)
        if free > self.now:
            self._plan(free, lambda: self._run_episode(instance_id))
            return
        before = self.store.instances.get(instance_id)
        try:
            episode = run_episode(before, batch, self.now, self)
        except EpisodeRejectedError as error:
            self.warnings.append(str(error))
            return
        if self._chance(self.faults.episode_crash):
            self.crashes.append(before.name if before is not None else "start")
            self._lose_episode(instance_id)
            return
        held = [batch[place] for place in episode.held]
        self._inbox[instance_id] = held + inbox[BATCH:]
        self._commit(episode)
        if episode.changed and self._inbox[instance_id]:
            self._plan(self.now, lambda: self._run_episode(instance_id))

    def _lose_episode(self, instance_id: str) -> None:
        """Bring back the messages that a crashed host had taken for an instance.

        What comes meanwhile waits for the lease alone, and so overtakes them.
        """
        times = self.faults.recovery
        if times is None:
            self._plan(self.now + timedelta(seconds=1), lambda: self._run_episode(instance_id))
            return
        self._leased_until[instance_id] = self.now + times.lease
        for message in self._inbox.pop(instance_id):
            back = times.control.until(self.now) + self._up_to(self.faults.message_delay)
            self._plan(back, partial(self._deliver, message))

    def _commit(self, episode: Episode) -> None:
        instance = episode.instance
        if instance is None or not episode.changed:
            return
        self.episodes.append((self.now, episode))
        self.warnings += [w for w in episode.warnings if w not in self.warnings]
        self.store.instances[instance.instance_id] = instance
        self.store.enqueue(episode.messages, self.now)
        for item in episode.work:
            self._begin(item)

    def _begin(self, item: Work) -> None:
        drawn = self._up_to(self.faults.activity_time)
        length = drawn if self.duration is None else self.duration(item)
        taken = self.now
        self._plan(self.now + length, lambda: self._work(item, taken))

    def _work(self, item: Work, taken: datetime, *, repeated: bool = False) -> None:
        result = self._result(item)
        if result is None or self._chance(self.faults.activity_crash):
            self.crashes.append(item.name)
            self._lose_work(item, taken)
            return
        self._post(Message(item.instance_id, item.execution_id, result, self.now))
        if not repeated and self._chance(self.faults.activity_repeat):
            late = self.now + self._up_to(self.faults.repeat_delay)
            self._plan(late, lambda: self._work(item, late, repeated=True))

    def _lose_work(self, item: Work, taken: datetime) -> None:
        """Bring back an activity that a host had taken when it crashed."""
        times = self.faults.recovery
        if times is None:
            self._begin(item)
        else:
            back = times.work.back_after_kill(taken, self.now)
            self._plan(back, lambda: self._begin(item))

    def _result(self, item: Work) -> dict[str, Any] | None:
        """Run an activity; None where the host stops meanwhile."""
        try:
            return task_completed(self.now, item.task_id, self._call(item))
        except HostCrash:
            return None
        except Exception as error:  # noqa: BLE001 - whatever the activity raises is its outcome
            failure = Failure.of(error)
            return task_failed(
                self.now,
                item.task_id,
                failures.activity_reason(item.name, failure),
                failures.activity_details(failure),
            )

    def _call(self, item: Work) -> str | None:
        activity = _by_name(self.activities, item.name)
        assert activity is not None
        if self._chance(self.faults.activity_failure):
            raise ActivityFaultError(f"simulated fault of {item.name}")
        converter = sdk_converter("activityTrigger")
        with _quiet_sdk():
            value = converter.decode(Datum(item.input or "null", "string"), trigger_metadata={})
        self.calls.append((item.name, value))
        result = activity(value)
        if inspect.iscoroutine(result):
            result = asyncio.run(result)
        text = str(converter.encode(result, expected_type=None).value)
        return None if text == "null" else text


@contextmanager
def _quiet_sdk() -> Iterator[None]:
    """Keep the SDK's notices from becoming failures where warnings are errors."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="azure.functions", category=DeprecationWarning)
        warnings.filterwarnings("ignore", message="Potential duplicate Task completion")
        yield


def kinds(instance: Instance) -> list[str]:
    """Return the names of an instance's history events, to compare a flow at a glance."""
    return [Kind(line.event["EventType"]).name for line in instance.history]


def _by_name(functions: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 - either kind
    found = functions.get(name)
    if found is not None:
        return found
    return next((f for other, f in functions.items() if other.lower() == name.lower()), None)


def _passes(instance: Instance, wanted: InstanceFilter) -> bool:
    return (
        (wanted.created_from is None or instance.created >= wanted.created_from)
        and (wanted.created_to is None or instance.created <= wanted.created_to)
        and (not wanted.statuses or instance.status in wanted.statuses)
        and instance.instance_id.startswith(wanted.prefix)
    )
