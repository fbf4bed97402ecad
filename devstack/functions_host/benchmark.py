"""``python -m devstack.functions_host.benchmark``: what the engine costs beside the SDK's replay.

The orchestrator functions run inside the SDK; their CPU time is "sdk". All other CPU time of the
process is "host": engine, store, queues and the no-op activities together.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import azure.durable_functions as df

from devstack.functions_host.client import TaskHubClient
from devstack.functions_host.failures import Failure
from devstack.functions_host.indexing import App, index
from devstack.functions_host.invocation import Invoker, thread_pool
from devstack.functions_host.live import AppWorld, TaskHub
from devstack.functions_host.settings import HostSettings
from devstack.functions_host.store import Store

CHAIN = 10


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

    return index(list(app.get_functions()), Path.cwd())


class MeasuredWorld(AppWorld):
    """Adds up the CPU time of the orchestrator functions, which run in pool threads."""

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
        cpu = time.process_time() - cpu
        activities = instances * (value if value is not None else CHAIN)
        return {
            "seconds": round(time.perf_counter() - wall, 2),
            "sdk_cpu_seconds": round(self._world.sdk_seconds, 2),
            "host_cpu_seconds": round(cpu - self._world.sdk_seconds, 2),
            "host_cpu_ms_per_activity": round(
                1000 * (cpu - self._world.sdk_seconds) / activities, 3
            ),
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


async def measure(finished: int) -> dict[str, dict[str, float]]:
    """Run all scenarios."""
    results = {}
    async with bench() as one:
        results["fan-out of 1,000 activities in one instance"] = await one.run("fan_out", 1, 1000)
    async with bench() as one:
        results["10 instances of 10 chained activities"] = await one.run("chain", 10)
        results["200 instances of 10 chained activities"] = await one.run("chain", 200)
        await one.fill(finished)
        title = f"200 more, with {finished:,} finished instances in the file"
        results[title] = await one.run("chain", 200)
    return results


def main() -> None:
    """Print the measurements as JSON."""
    parser = argparse.ArgumentParser(prog="functions_host.benchmark", description=__doc__)
    parser.add_argument("--finished", type=int, default=10_000, help="default: 10000")
    print(json.dumps(asyncio.run(measure(parser.parse_args().finished)), indent=2))


if __name__ == "__main__":
    main()
