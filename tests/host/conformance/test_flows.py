"""Four whole flows, event by event, as the real host writes them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from devstack.functions_host.engine.episode import run_episode
from devstack.functions_host.engine.events import (
    Kind,
    Message,
    Work,
    event,
    event_raised,
    stamp,
    task_completed,
)
from devstack.functions_host.simulation import EPOCH, Simulation

Hub = Callable[..., Simulation]
OS = ("ORCHESTRATOR_STARTED", -1, False)
OC = ("ORCHESTRATOR_COMPLETED", -1, False)
BEGUN = ("EXECUTION_STARTED", -1, True)
T0 = EPOCH


def rows(simulation: Simulation, instance_id: str) -> list[tuple[str, int, bool]]:
    return [
        (Kind(e["EventType"]).name, e["EventId"], e["IsPlayed"])
        for e in (line.event for line in simulation.instance(instance_id).history)
    ]


def items(simulation: Simulation, instance_id: str, kind: Kind) -> list[dict[str, Any]]:
    history = simulation.instance(instance_id).history
    return [line.event for line in history if line.event["EventType"] == kind]


def fan_out(context: df.DurableOrchestrationContext) -> Any:
    return (yield context.task_all([context.call_activity("A", i) for i in range(3)]))


def never(_item: Work) -> timedelta:
    return timedelta(days=365)


def test_flow_1_fan_out_and_fan_in(hub: Hub) -> None:
    simulation = hub(fan_out, activities={"A": str}, duration=never)
    name = simulation.start("fan_out")
    simulation.run(T0)
    begun = simulation.instance(name)

    def message(number: int, result: str) -> Message:
        return Message(name, begun.execution_id, task_completed(T0, number, result))

    second = run_episode(begun, [message(1, '"b"')], T0, simulation)
    assert second.instance is not None
    assert second.instance.status == "Running"
    batch = [message(2, '"c"'), message(0, '"a"')]
    third = run_episode(second.instance, batch, T0, simulation)
    assert third.instance is not None
    simulation.store.instances[name] = third.instance

    assert rows(simulation, name) == [
        OS,
        BEGUN,
        ("TASK_SCHEDULED", 0, False),
        ("TASK_SCHEDULED", 1, False),
        ("TASK_SCHEDULED", 2, False),
        OC,
        OS,
        ("TASK_COMPLETED", -1, True),
        OC,
        OS,
        ("TASK_COMPLETED", -1, True),
        ("TASK_COMPLETED", -1, True),
        ("EXECUTION_COMPLETED", 3, False),
        OC,
    ]
    completed = items(simulation, name, Kind.TASK_COMPLETED)
    assert [(e["TaskScheduledId"], e["Result"]) for e in completed] == [
        (1, '"b"'),
        (2, '"c"'),
        (0, '"a"'),
    ]
    (ended,) = items(simulation, name, Kind.EXECUTION_COMPLETED)
    assert (ended["OrchestrationStatus"], ended["Result"]) == (1, '["a","b","c"]')


def retried(context: df.DurableOrchestrationContext) -> Any:
    options = df.RetryOptions(5000, 3)
    return (yield context.call_activity_with_retry("flaky", options, "x"))


RETRIED_TWICE = [
    OS,
    BEGUN,
    ("TASK_SCHEDULED", 0, False),
    OC,
    OS,
    ("TASK_FAILED", -1, True),
    ("TIMER_CREATED", 1, False),
    OC,
    OS,
    ("TIMER_FIRED", -1, True),
    ("TASK_SCHEDULED", 2, False),
    OC,
    OS,
    ("TASK_FAILED", -1, True),
    ("TIMER_CREATED", 3, False),
    OC,
    OS,
    ("TIMER_FIRED", -1, True),
    ("TASK_SCHEDULED", 4, False),
    OC,
]


def failing(times: int) -> Callable[[Any], str]:
    left = times

    def flaky(_value: Any) -> str:
        nonlocal left
        if left:
            left -= 1
            raise ValueError("boom")
        return "ok"

    return flaky


def test_flow_2_a_retry_that_succeeds_at_the_third_attempt(hub: Hub) -> None:
    simulation = hub(retried, activities={"flaky": failing(2)})
    name = simulation.start("retried")
    simulation.run()

    assert rows(simulation, name) == [
        *RETRIED_TWICE,
        OS,
        ("TASK_COMPLETED", -1, True),
        ("EXECUTION_COMPLETED", 5, False),
        OC,
    ]
    assert len(simulation.instance(name).history) == 24
    first, second = items(simulation, name, Kind.TIMER_CREATED)
    assert first["FireAt"] == stamp(T0 + timedelta(seconds=5))
    assert second["FireAt"] == stamp(T0 + timedelta(seconds=10))


def test_flow_2_an_exhausted_retry_waits_for_one_more_timer(hub: Hub) -> None:
    simulation = hub(retried, activities={"flaky": failing(3)})
    name = simulation.start("retried")
    simulation.run()

    assert rows(simulation, name) == [
        *RETRIED_TWICE,
        OS,
        ("TASK_FAILED", -1, True),
        ("TIMER_CREATED", 5, False),
        OC,
        OS,
        ("TIMER_FIRED", -1, True),
        ("EXECUTION_COMPLETED", 6, False),
        OC,
    ]
    dummy = items(simulation, name, Kind.TIMER_CREATED)[-1]
    assert dummy["FireAt"] == stamp(T0 + timedelta(seconds=10))
    assert simulation.instance(name).status == "Failed"


def raced(context: df.DurableOrchestrationContext) -> Any:
    timer = context.create_timer(context.current_utc_datetime + timedelta(seconds=60))
    go = context.wait_for_external_event("Go")
    winner = yield context.task_any([timer, go])
    if winner == go and context.get_input() != "careless":
        timer.cancel()  # type: ignore[attr-defined] # The SDK types it as any task.
    return "event" if winner == go else "timer"


WAITING = [OS, BEGUN, ("TIMER_CREATED", 0, False), OC]


def test_flow_3_the_event_wins_and_the_timer_is_cancelled(hub: Hub) -> None:
    simulation = hub(raced)
    name = simulation.start("raced")
    simulation.run(T0 + timedelta(seconds=1))
    assert rows(simulation, name) == WAITING
    simulation.raise_event(name, "Go", 1)
    simulation.run(T0 + timedelta(seconds=2))

    assert simulation.instance(name).status == "Completed"
    ended = [OS, ("EVENT_RAISED", -1, True), ("EXECUTION_COMPLETED", 1, False), OC]
    assert rows(simulation, name) == [*WAITING, *ended]
    simulation.run()
    assert rows(simulation, name) == [*WAITING, *ended], "the timer fires into a dead instance"


def test_flow_3_an_uncancelled_timer_holds_the_completion_back(hub: Hub) -> None:
    simulation = hub(raced)
    name = simulation.start("raced", "careless")
    simulation.run(T0 + timedelta(seconds=1))
    simulation.raise_event(name, "Go", 1)
    simulation.run(T0 + timedelta(seconds=59))
    assert simulation.instance(name).status == "Running"
    simulation.run()

    assert rows(simulation, name) == [
        *WAITING,
        OS,
        ("EVENT_RAISED", -1, True),
        OC,
        OS,
        ("TIMER_FIRED", -1, True),
        ("EXECUTION_COMPLETED", 1, False),
        OC,
    ]
    assert simulation.instance(name).output == '"event"'


def test_flow_3_the_timer_wins(hub: Hub) -> None:
    simulation = hub(raced)
    name = simulation.start("raced")
    simulation.run()
    assert rows(simulation, name) == [
        *WAITING,
        OS,
        ("TIMER_FIRED", -1, True),
        ("EXECUTION_COMPLETED", 1, False),
        OC,
    ]
    (fired,) = items(simulation, name, Kind.TIMER_FIRED)
    assert (fired["TimerId"], fired["FireAt"]) == (0, stamp(T0 + timedelta(seconds=60)))


def parent(context: df.DurableOrchestrationContext) -> Any:
    children = [context.call_sub_orchestrator("child", i) for i in range(2)]
    return (yield context.task_all(children))


def child(context: df.DurableOrchestrationContext) -> Any:
    return (yield context.call_activity("C", context.get_input()))


def test_flow_4_sub_orchestrations(hub: Hub) -> None:
    simulation = hub(parent, child, activities={"C": lambda i: f"r{i}"})
    name = simulation.start("parent")
    simulation.run()

    outer = simulation.instance(name)
    assert outer.output == '["r0","r1"]'
    assert rows(simulation, name)[:5] == [
        OS,
        BEGUN,
        ("SUB_ORCHESTRATION_CREATED", 0, False),
        ("SUB_ORCHESTRATION_CREATED", 1, False),
        OC,
    ]
    created = items(simulation, name, Kind.SUB_ORCHESTRATION_CREATED)
    ids = [f"{outer.execution_id}:{n}" for n in range(2)]
    assert [(e["Name"], e["InstanceId"], e["Input"]) for e in created] == [
        ("child", ids[0], None),
        ("child", ids[1], None),
    ]
    completed = items(simulation, name, Kind.SUB_ORCHESTRATION_COMPLETED)
    assert [(e["TaskScheduledId"], e["Result"]) for e in completed] == [(0, '"r0"'), (1, '"r1"')]
    (ended,) = items(simulation, name, Kind.EXECUTION_COMPLETED)
    assert ended["EventId"] == 2

    for number, child_id in enumerate(ids):
        assert rows(simulation, child_id) == [
            OS,
            BEGUN,
            ("TASK_SCHEDULED", 0, False),
            OC,
            OS,
            ("TASK_COMPLETED", -1, True),
            ("EXECUTION_COMPLETED", 1, False),
            OC,
        ]
        (started,) = items(simulation, child_id, Kind.EXECUTION_STARTED)
        assert started["Input"] == f'"{number}"'
        assert started["ParentInstance"] == {
            "Name": "parent",
            "OrchestrationInstance": {"InstanceId": name, "ExecutionId": outer.execution_id},
            "TaskScheduleId": number,
            "Version": "",
        }


def test_every_event_carries_the_fields_of_the_wire(hub: Hub) -> None:
    simulation = hub(raced)
    name = simulation.start("raced")
    simulation.run(T0)
    simulation.raise_event(name, "Go", {"a": 1})
    simulation.run()
    started = items(simulation, name, Kind.EXECUTION_STARTED)[0]
    assert set(started) == {
        *("EventType", "EventId", "IsPlayed", "Timestamp"),
        *("OrchestrationInstance", "ParentInstance", "Name", "Version", "Input", "Tags"),
        *("Correlation", "ParentTraceContext", "ScheduledStartTime", "Generation"),
        "GenerateNewTrace",
    }
    assert started["Version"] == ""
    raised = items(simulation, name, Kind.EVENT_RAISED)[0]
    assert raised == {**event_raised(T0, "Go", '{"a":1}'), "IsPlayed": True}
    assert event(Kind.TIMER_FIRED, T0)["Timestamp"] == "2026-01-01T00:00:00Z"
