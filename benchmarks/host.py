"""What the engine of the stand-in host costs beside the SDK's replay.

The orchestrator functions run inside the SDK; their CPU time is "sdk". All other CPU time of the
process is "host": engine, store, queues and the no-op activities together.
"""

from __future__ import annotations

import asyncio
import json
import logging
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import azure.durable_functions as df

from benchmarks.measuring import Measured, Row, Scenario
from devstack.functions_host.app.indexing import App, index
from devstack.functions_host.app.invocation import Invoker, thread_pool
from devstack.functions_host.engine.failures import Failure
from devstack.functions_host.hub.client import TaskHubClient
from devstack.functions_host.hub.live import AppWorld, TaskHub
from devstack.functions_host.hub.store import Store
from devstack.functions_host.settings import HostSettings

CHAIN = 10
FINISHED = 10_000
"""Instances that have ended and stay in the file, for the last of the measurements."""


def _app() -> App:
    app = df.DFApp()

    @app.orchestration_trigger(context_name="context")  # type: ignore[untyped-decorator]
    def fan_out(context: df.DurableOrchestrationContext) -> Any:  # noqa: ANN401 - a generator
        count = int(str(context.get_input()))
        yield context.task_all([context.call_activity("noop", n) for n in range(count)])

    @app.orchestration_trigger(context_name="context")  # type: ignore[untyped-decorator]
    def chain(context: df.DurableOrchestrationContext) -> Any:  # noqa: ANN401 - a generator
        for number in range(CHAIN):
            yield context.call_activity("noop", number)

    @app.orchestration_trigger(context_name="context")  # type: ignore[untyped-decorator]
    def nothing(context: df.DurableOrchestrationContext) -> Any:  # noqa: ANN401 - a value
        return context.instance_id

    @app.activity_trigger(input_name="number")  # type: ignore[untyped-decorator]
    async def noop(number: int) -> int:
        return number

    logging.disable(logging.WARNING)  # the SDK warns of an app that has no HTTP function
    try:
        return index(list(app.get_functions()), Path.cwd())
    finally:
        logging.disable(logging.NOTSET)


class MeasuredWorld(AppWorld):
    """A world that adds up the CPU time of the orchestrators, which run in pool threads."""

    sdk_seconds = 0.0

    def call_orchestrator(self, name: str, payload: str) -> str | Failure:
        """Run the orchestrator and note what it cost."""
        started = time.thread_time()
        try:
            return super().call_orchestrator(name, payload)
        finally:
            self.sdk_seconds += time.thread_time() - started


class Bench:
    """A task hub on a state file, without HTTP."""

    def __init__(self, store: Store, hub: TaskHub, world: MeasuredWorld) -> None:
        self._store = store
        self._world = world
        self._client = TaskHubClient(
            store,
            world.app.orchestrator_names,
            HostSettings(),
            hub.announce,
            lambda: datetime.now(UTC),
        )

    async def run(self, name: str, instances: int, value: int | None = None) -> dict[str, float]:
        """Run instances of an orchestrator to their end."""
        self._world.sdk_seconds = 0.0
        wall, cpu = time.perf_counter(), time.process_time()
        text = None if value is None else json.dumps(str(value))
        running = [self._client.start(name, None, text) for _ in range(instances)]
        while running:
            await asyncio.sleep(0.01)
            while running and self._ended(running[-1]):
                running.pop()
        cpu = time.process_time() - cpu - self._world.sdk_seconds
        activities = instances * (value if value is not None else CHAIN)
        return {
            "seconds": time.perf_counter() - wall,
            "SDK's CPU s": self._world.sdk_seconds,
            "host's CPU s": cpu,
            "ms an activity": 1_000 * cpu / activities,
        }

    async def fill(self, instances: int) -> None:
        """Leave ended instances in the file."""
        for _ in range(0, instances, 500):
            started = [self._client.start("nothing", None, None) for _ in range(500)]
            while not all(self._ended(name) for name in started):  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.01)

    def _ended(self, instance_id: str) -> bool:
        found = self._store.instance(instance_id, history=False)
        return found is not None and found.ended


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    """Open a hub on a new state file."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "bench.sqlite")
        settings = HostSettings(max_activities=20, max_orchestrators=20)
        invoker = Invoker(thread_pool(), None, lambda _binding: "")
        world = MeasuredWorld(_app(), invoker, settings)
        hub = TaskHub(store, world, invoker, settings)
        await hub.start()
        try:
            yield Bench(store, hub, world)
        finally:
            await hub.stop(1.0)
            invoker.pool.shutdown()
            store.close()


async def _rows() -> list[Row]:
    rows = []
    async with bench() as one:
        figures = await one.run("fan_out", 1, 1000)
        rows.append(Row("fan-out of 1,000 activities in one instance", figures))
    async with bench() as one:
        rows.append(Row("10 instances of 10 chained activities", await one.run("chain", 10)))
        rows.append(Row("200 instances of 10 chained activities", await one.run("chain", 200)))
        await one.fill(FINISHED)
        what = f"200 more, with {FINISHED:,} finished instances in the file"
        rows.append(Row(what, await one.run("chain", 200)))
    return rows


def measure() -> Measured:
    """Run one wide instance, and chains few and many, on a state file that is new and on a full."""
    return Measured(asyncio.run(_rows()))


SCENARIO = Scenario(
    title="CPU time of the stand-in host, beside that of the SDK's own replay",
    what="instances",
    columns={"SDK's CPU s": ".2f", "host's CPU s": ".2f", "ms an activity": ".2f"},
    measure=measure,
)
