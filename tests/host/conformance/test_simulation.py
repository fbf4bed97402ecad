"""The simulated hub: whatever goes wrong, orchestrations end as they should, and seeds repeat."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import azure.durable_functions as df
import pytest

from devstack.functions_host.simulation import (
    EndlessSimulationError,
    Faults,
    HostCrash,
    Simulation,
    kinds,
)

Hub = Callable[..., Simulation]
Context = df.DurableOrchestrationContext
SEEDS = 150
ROUGH = Faults(
    episode_crash=0.2,
    activity_crash=0.2,
    duplicate=0.3,
    activity_failure=0.1,
    message_delay=timedelta(seconds=5),
    activity_time=timedelta(seconds=30),
)


def story(context: Context) -> Any:
    retry = df.RetryOptions(1000, 50)
    parts = yield context.task_all([context.call_sub_orchestrator("part", n) for n in range(3)])
    deadline = context.create_timer(context.current_utc_datetime + timedelta(days=20))
    decision = context.wait_for_external_event("Decision")
    winner = yield context.task_any([decision, deadline])
    if winner == deadline:
        return "late"
    last = yield context.call_activity_with_retry("last", retry, parts)
    return {"parts": parts, "last": last, "decision": decision.result}


def part(context: Context) -> Any:
    retry = df.RetryOptions(1000, 50)
    number = context.get_input()
    return (yield context.call_activity_with_retry("double", retry, number))


def short_story(context: Context) -> Any:
    """Like ``story``, with a deadline that can be cancelled (a long one cannot)."""
    retry = df.RetryOptions(1000, 50)
    parts = yield context.task_all([context.call_sub_orchestrator("part", n) for n in range(3)])
    deadline = context.create_timer(context.current_utc_datetime + timedelta(days=5))
    decision = context.wait_for_external_event("Decision")
    winner = yield context.task_any([decision, deadline])
    if winner == deadline:
        return "late"
    deadline.cancel()  # type: ignore[attr-defined]
    last = yield context.call_activity_with_retry("last", retry, parts)
    return {"parts": parts, "last": last, "decision": decision.result}


ACTIVITIES = {"double": lambda n: 2 * n, "last": sum}


def run(hub: Hub, seed: int) -> Simulation:
    simulation = hub(short_story, part, activities=ACTIVITIES, seed=seed, faults=ROUGH)
    simulation.start("short_story", instance_id="one")
    simulation.after(timedelta(days=3), lambda: simulation.raise_event("one", "Decision", "yes"))
    simulation.run()
    return simulation


def test_every_seed_ends_as_it_should_in_spite_of_all_faults(hub: Hub) -> None:
    expected = {"parts": [0, 2, 4], "last": 6, "decision": "yes"}
    for seed in range(SEEDS):
        ended = run(hub, seed).instance("one")
        assert ended.status == "Completed", f"seed {seed}: {ended.output}"
        assert json.loads(ended.output or "") == expected, f"seed {seed}"


def test_the_same_seed_gives_the_same_history(hub: Hub) -> None:
    first, second, other = (run(hub, seed).instance("one") for seed in (11, 11, 12))
    assert first == second
    assert first.history != other.history


def test_faults_do_happen(hub: Hub) -> None:
    simulations = [run(hub, seed) for seed in range(10)]
    calls = sum(len(simulation.calls) for simulation in simulations)
    assert calls > 10 * 4, "a crash after an activity runs it again"
    assert any("TASK_FAILED" in kinds(i) for s in simulations for i in s.store.instances.values())


def test_an_activity_in_which_the_host_dies_runs_again(hub: Hub) -> None:
    effects: list[int] = []

    def double(number: int) -> int:
        effects.append(number)
        if len(effects) == 1:
            raise HostCrash
        return 2 * number

    simulation = hub(part, activities={"double": double})
    simulation.start("part", 4, instance_id="one")
    simulation.run()
    assert simulation.instance("one").output == "8"
    assert effects == [4, 4]
    assert simulation.crashes == ["double"]
    assert "TASK_FAILED" not in kinds(simulation.instance("one")), "a crash is no outcome"


def test_an_activity_that_runs_again_late_changes_no_history(hub: Hub) -> None:
    repeated = Faults(activity_repeat=1.0, repeat_delay=timedelta(hours=1))
    simulations = [hub(part, activities=ACTIVITIES, faults=f) for f in (Faults(), repeated)]
    for simulation in simulations:
        simulation.start("part", 4, instance_id="one")
        simulation.run()
    once, twice = simulations
    assert [len(once.calls), len(twice.calls)] == [1, 2]
    assert kinds(once.instance("one")) == kinds(twice.instance("one"))
    assert twice.now > once.now


def test_a_long_timer_that_loses_cannot_be_cancelled(hub: Hub) -> None:
    simulation = hub(story, part, activities=ACTIVITIES)
    simulation.start("story", instance_id="one")
    simulation.after(timedelta(days=1), lambda: simulation.raise_event("one", "Decision", "yes"))
    begun = simulation.now
    simulation.run()
    assert simulation.instance("one").status == "Completed"
    assert simulation.now - begun >= timedelta(days=3), "the first piece had to fire"


def test_an_orchestration_that_never_rests_is_noticed(hub: Hub) -> None:
    def restless(context: Context) -> Any:
        while True:
            yield context.create_timer(context.current_utc_datetime + timedelta(hours=1))

    simulation = hub(restless)
    simulation.start("restless")
    with pytest.raises(EndlessSimulationError, match="seed 0"):
        simulation.run(steps=50)
