"""Drives the engine in real time: queues, timers and concurrency limits over the store.

Control messages wait in the store; this module only knows which instances have some that are due.
An episode runs in a pool thread, from reading its messages to the commit.
"""

from __future__ import annotations

import asyncio
import heapq
import json
import logging
import uuid
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp

from devstack.functions_host.app.indexing import App
from devstack.functions_host.app.invocation import FunctionFailedError, Invoker, time_limit
from devstack.functions_host.engine import failures
from devstack.functions_host.engine.episode import run_episode
from devstack.functions_host.engine.events import Message, Work, task_completed, task_failed
from devstack.functions_host.engine.failures import Failure
from devstack.functions_host.engine.instance import (
    Episode,
    EpisodeRejectedError,
    Instance,
    Rules,
    UnknownOrchestratorError,
)
from devstack.functions_host.engine.replay import HTTP_ACTIVITY
from devstack.functions_host.hub.http_activity import run_http_activity
from devstack.functions_host.hub.store import StaleInstanceError, Store
from devstack.functions_host.settings import HostSettings

log = logging.getLogger(__name__)

#: Messages that one episode takes at most, as one get from the control queue does.
BATCH = 32

#: Pauses before an episode that could not run is tried again, in seconds.
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 600.0

#: A machine that slept does not count that time; nobody should wait for it once more.
LONGEST_SLEEP = timedelta(seconds=30)

Recorder = Callable[[Instance, Episode], None]


class AppWorld:
    """The engine's view of the app."""

    def __init__(self, app: App, invoker: Invoker, settings: HostSettings) -> None:
        self.app = app
        self._invoker = invoker
        self.rules = Rules(
            max_actions=settings.max_actions,
            store_inputs=settings.store_inputs,
            default_version=settings.default_version,
            version_match=settings.version_match,
            version_failure=settings.version_failure,
        )

    def call_orchestrator(self, name: str, payload: str) -> str | Failure:
        """Run the orchestrator in this thread."""
        function = self.app.orchestrator(name)
        if function is None:
            raise UnknownOrchestratorError(name, self.app.orchestrator_names.values())
        return self._invoker.call_orchestrator(function, payload)

    def has_activity(self, name: str) -> bool:
        """Return whether the app has an activity of this name."""
        return self.app.activity(name) is not None

    def has_orchestrator(self, name: str) -> bool:
        """Return whether the app has an orchestrator of this name."""
        return self.app.orchestrator(name) is not None

    def new_execution_id(self) -> str:
        """Return a new GUID."""
        return uuid.uuid4().hex


class TaskHub:
    """Runs episodes and activities as long as there are any."""

    def __init__(
        self,
        store: Store,
        world: AppWorld,
        invoker: Invoker,
        settings: HostSettings,
        recorder: Recorder | None = None,
    ) -> None:
        self.store = store
        self._world = world
        self._invoker = invoker
        self._settings = settings
        self._recorder = recorder
        self._ready: dict[str, None] = {}
        self._busy: set[str] = set()
        self._again: set[str] = set()
        self._work: deque[int] = deque()
        self._activities = 0
        self._alarms: list[tuple[datetime, str]] = []
        self._hidden_work: list[tuple[datetime, int]] = []
        self._renewing: asyncio.Task[None] | None = None
        self._partitions_from = store.holds.begin(_now())
        self._alarm_set = asyncio.Event()
        self._attempts: dict[str, int] = {}
        self._warned: set[tuple[str, str]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False

    async def start(self) -> None:
        """Take up what the store holds and go on from there."""
        self._begin_to_hold()
        for instance_id, due in self.store.waiting():
            self.wake(instance_id, due)
        for number, hidden_until in self.store.waiting_work():
            if hidden_until is None or hidden_until <= _now():
                self._work.append(number)
            else:
                heapq.heappush(self._hidden_work, (hidden_until, number))
        self._spawn(self._ring_alarms())
        self._pump()

    def _begin_to_hold(self) -> None:
        """Renew what this host takes from now on, where asked to; tell of what has to wait."""
        wait = (self._partitions_from - _now()).total_seconds()
        if wait > 0:
            log.warning("Orchestrations wait %.0f s for the leases of a killed host", wait)
        times = self.store.holds.times
        if times is not None:
            renewing = self._renew_holds(times.renewal.total_seconds())
            self._renewing = asyncio.get_running_loop().create_task(renewing)
            self._renewing.add_done_callback(self._ended)

    async def _renew_holds(self, pause: float) -> None:
        while True:
            self.store.holds.renew(_now())
            await asyncio.sleep(pause)

    async def stop(self, grace: float) -> None:
        """Start nothing more, give what is running a moment to end, and release the rest."""
        self._stopping = True
        self._alarm_set.set()
        if self._renewing is not None:
            self._renewing.cancel()
        running = [task for task in self._tasks if not task.done()]
        if running:
            await asyncio.wait(running, timeout=grace)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        self.store.holds.release()

    def announce(self, messages: Iterable[Message]) -> None:
        """Wake the instances of messages that are in the store already."""
        for message in messages:
            self.wake(message.instance_id, message.due)
        self._pump()

    def wake(self, instance_id: str, due: datetime | None = None) -> None:
        """Look at an instance now, or when something for it is due."""
        now = _now()
        due = max(due or now, self._partitions_from)
        if due > now:
            heapq.heappush(self._alarms, (due, instance_id))
            self._alarm_set.set()
            return
        self.store.holds.take_messages(instance_id, now)
        if instance_id in self._busy:
            self._again.add(instance_id)
        else:
            self._ready.setdefault(instance_id)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("The task hub has a defect", exc_info=task.exception())

    def _pump(self) -> None:
        """Start as much as the limits allow."""
        if self._stopping:
            return
        while self._ready and len(self._busy) < self._settings.max_orchestrators:
            instance_id = next(iter(self._ready))
            del self._ready[instance_id]
            self._busy.add(instance_id)
            self._spawn(self._run_instance(instance_id))
        while self._work and self._activities < self._settings.max_activities:
            self._activities += 1
            self._spawn(self._run_work(self._work.popleft()))

    async def _ring_alarms(self) -> None:
        while not self._stopping:
            self._alarm_set.clear()
            now = _now()
            while self._alarms and self._alarms[0][0] <= now:
                self.wake(heapq.heappop(self._alarms)[1])
            while self._hidden_work and self._hidden_work[0][0] <= now:
                self._work.append(heapq.heappop(self._hidden_work)[1])
            self._pump()
            heads = [heap[0][0] for heap in (self._alarms, self._hidden_work) if heap]
            due = min([*heads, now + LONGEST_SLEEP])
            pause = max(due - now, timedelta(0)).total_seconds()
            try:
                await asyncio.wait_for(self._alarm_set.wait(), pause)
            except TimeoutError:
                continue

    async def _run_instance(self, instance_id: str) -> None:
        try:
            async with time_limit(self._settings.function_timeout):
                ran = await asyncio.get_running_loop().run_in_executor(
                    self._invoker.pool, self._episode, instance_id
                )
            self._attempts.pop(instance_id, None)
            if ran is not None:
                self._after(*ran)
        except TimeoutError:
            log.error(  # noqa: TRY400 - the traceback is the host's own and says nothing
                "An episode of instance %s exceeded functionTimeout", instance_id
            )
            self._invoker.on_timeout()
        except EpisodeRejectedError as error:
            self._retry_later(instance_id, str(error))
        except Exception:
            log.exception("An episode of instance %s could not run", instance_id)
            self._retry_later(instance_id, "see above")
        finally:
            self._busy.discard(instance_id)
            if instance_id in self._again:
                self._again.discard(instance_id)
                self._ready.setdefault(instance_id)
            self._pump()

    def _retry_later(self, instance_id: str, why: str) -> None:
        attempt = self._attempts[instance_id] = self._attempts.get(instance_id, 0) + 1
        pause = min(_FIRST_PAUSE * 2.0 ** min(attempt, 20), _LONGEST_PAUSE)
        log.warning("Instance %s: %s; next try in %.0f s", instance_id, why, pause)
        self.store.holds.give_back_messages(instance_id)
        self.wake(instance_id, _now() + timedelta(seconds=pause))

    def _after(self, episode: Episode, numbers: list[int], due: datetime | None) -> None:
        """Wake whom an episode concerns; `due` is when the instance itself has more to do."""
        instance = episode.instance
        self._work.extend(numbers)
        for message in episode.messages:
            self.wake(message.instance_id, message.due)
        if instance is None:
            return
        for warning in episode.warnings:
            self._warn_once(instance, warning)
        if instance.status == "Failed" and episode.changed:
            log.error(
                "%s: instance %s failed: %s",
                instance.name,
                instance.instance_id,
                _first_line(instance.output),
            )
        if episode.held and not episode.changed:
            self.wake(instance.instance_id, _now() + timedelta(seconds=_FIRST_PAUSE))
            return
        if due is not None and due <= _now():
            self.wake(instance.instance_id)

    def _warn_once(self, instance: Instance, warning: str) -> None:
        """Every episode of a hanging instance would repeat the same words."""
        key = (instance.execution_id, warning)
        if key not in self._warned:
            self._warned.add(key)
            log.warning("%s: instance %s: %s", instance.name, instance.instance_id, warning)

    def _episode(self, instance_id: str) -> tuple[Episode, list[int], datetime | None] | None:
        """Run one episode; the whole of it happens in the thread of the orchestrator.

        Gives what came of it, the numbers of its work items, and when there is more to do.
        """
        now = _now()
        queued = self.store.due_messages(instance_id, now, BATCH)
        if not queued:
            return None
        before = self.store.instance(instance_id)
        episode = run_episode(before, [item.message for item in queued], now, self._world)
        held = set(episode.held)
        done = [item.id for place, item in enumerate(queued) if place not in held]
        try:
            numbers = self.store.commit_episode(before, episode, done, now)
        except StaleInstanceError as error:
            raise EpisodeRejectedError("the instance was replaced meanwhile") from error
        if self._recorder is not None and episode.instance is not None:
            self._recorder(episode.instance, episode)
        return episode, numbers, self.store.next_due(instance_id)

    async def _run_work(self, number: int) -> None:
        try:
            item = self.store.work(number)
            if item is not None:
                self.store.holds.take_work(number, _now())
                await self._work_off(number, item)
        except EpisodeRejectedError as error:
            log.warning("%s; its work stays in the queue until the host starts again", error)
        finally:
            self._activities -= 1
            self._pump()

    async def _work_off(self, number: int, item: Work) -> None:
        """Run an activity and exchange its work item for the result."""
        try:
            result = task_completed(_now(), item.task_id, await self._run_activity(item))
        except FunctionFailedError as error:
            result = _failed(item, error.failure)
        message = Message(item.instance_id, item.execution_id, result)
        self.store.finish_work(number, message, _now())
        self.wake(item.instance_id)

    async def _run_activity(self, item: Work) -> str | None:
        if item.name == HTTP_ACTIVITY:
            try:
                return await run_http_activity(item.input or "{}")
            except (aiohttp.ClientError, OSError) as error:
                raise FunctionFailedError(Failure.of(error)) from error
        function = self._world.app.activity(item.name)
        if function is None:
            raise EpisodeRejectedError(f"there is no activity function {item.name!r} any more")
        return await self._invoker.run_activity(function, item.input)


async def sleep_until(due: datetime) -> None:
    """Sleep in short pieces: a machine that slept does not count that time."""
    while (left := due - _now()) > timedelta(0):  # noqa: ASYNC110 - time passes by itself
        await asyncio.sleep(min(left, LONGEST_SLEEP).total_seconds())


def _first_line(output: str | None) -> str:
    """Shorten an output to what tells a reader most; the status holds all of it."""
    return str(json.loads(output or "null")).partition("\n")[0][:500]


def _failed(item: Work, failure: Failure) -> dict[str, Any]:
    return task_failed(
        _now(),
        item.task_id,
        failures.activity_reason(item.name, failure),
        failures.activity_details(failure),
    )


def _now() -> datetime:
    return datetime.now(UTC)
