"""How actions become work: order, ids, completion, retries, events, continue-as-new."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import azure.durable_functions as df
import pytest

from devstack.functions_host.engine.events import Kind, stamp
from devstack.functions_host.engine.instance import Rules
from devstack.functions_host.simulation import EPOCH, Simulation

Hub = Callable[..., Simulation]
Context = df.DurableOrchestrationContext
SECOND = timedelta(seconds=1)


def events(simulation: Simulation, instance_id: str, *wanted: Kind) -> list[dict[str, Any]]:
    history = [line.event for line in simulation.instance(instance_id).history]
    return [e for e in history if e["EventType"] in wanted]


def echo(value: Any) -> Any:
    return value


def boom(value: Any) -> None:
    raise ValueError(f"boom {value}")


def seconds_by_input(item: Any) -> timedelta:
    return timedelta(seconds=float(item.input))


def run(simulation: Simulation, name: str, value: Any = None) -> str:
    instance_id = simulation.start(name, value)
    simulation.run()
    return instance_id


# Ids and order


def test_ids_follow_the_order_of_the_yields_not_of_the_calls(hub: Hub) -> None:
    def late(context: Context) -> Any:
        first = context.call_activity("echo", "A")
        yield context.call_activity("other", "B")
        return (yield first)

    simulation = hub(late, activities={"echo": echo, "other": echo})
    name = run(simulation, "late")
    scheduled = events(simulation, name, Kind.TASK_SCHEDULED)
    assert [(e["EventId"], e["Name"]) for e in scheduled] == [(0, "other"), (1, "echo")]
    assert simulation.instance(name).output == '"A"'


def test_a_task_that_is_created_and_never_yielded_does_not_run(hub: Hub) -> None:
    def forgetful(context: Context) -> Any:
        context.call_activity("boom", 1)
        return (yield context.call_activity("echo", 2))

    simulation = hub(forgetful, activities={"echo": echo, "boom": boom})
    run(simulation, "forgetful")
    assert simulation.calls == [("echo", 2)]


def test_yielding_a_finished_task_again_returns_its_value_without_new_work(hub: Hub) -> None:
    def twice(context: Context) -> Any:
        task = context.call_activity("echo", 7)
        return [(yield task), (yield task)]

    simulation = hub(twice, activities={"echo": echo})
    name = run(simulation, "twice")
    assert simulation.instance(name).output == "[7,7]"
    assert len(simulation.calls) == 1


def test_ids_are_shared_by_activities_timers_and_sub_orchestrations(hub: Hub) -> None:
    def child(context: Context) -> Any:
        return context.get_input()

    def mixed(context: Context) -> Any:
        yield context.call_activity("echo", 1)
        yield context.create_timer(context.current_utc_datetime + SECOND)
        yield context.call_sub_orchestrator("child", 2)

    simulation = hub(mixed, child, activities={"echo": echo})
    name = run(simulation, "mixed")
    numbered = [
        (e["EventId"], Kind(e["EventType"]))
        for e in events(simulation, name, *Kind)
        if e["EventId"] >= 0
    ]
    assert numbered == [
        (0, Kind.TASK_SCHEDULED),
        (1, Kind.TIMER_CREATED),
        (2, Kind.SUB_ORCHESTRATION_CREATED),
        (3, Kind.EXECUTION_COMPLETED),
    ]


def test_names_of_functions_are_matched_in_any_case(hub: Hub) -> None:
    def loud(context: Context) -> Any:
        return (yield context.call_activity("ECHO", 1))

    simulation = hub(loud, activities={"echo": echo})
    assert simulation.instance(run(simulation, "LOUD")).output == "1"


def test_a_second_window_of_task_any_does_not_slide(hub: Hub) -> None:
    def window(context: Context) -> Any:
        slow = context.call_activity("echo", 10)
        quick = context.call_activity("echo", 1)
        yield context.task_any([slow, quick])
        medium = context.call_activity("echo", 5)
        yield context.task_any([slow, medium])
        yield context.call_activity("echo", 2)

    simulation = hub(window, activities={"echo": echo}, duration=seconds_by_input)
    name = run(simulation, "window")
    scheduled = events(simulation, name, Kind.TASK_SCHEDULED)
    # The host waits for the new child alone, so the last activity starts at 1 + 5 s.
    assert [e["Timestamp"] for e in scheduled] == [stamp(EPOCH + n * SECOND) for n in (0, 0, 1, 6)]


# Completion


def test_task_all_stays_running_until_every_sibling_of_a_failure_has_ended(hub: Hub) -> None:
    def strict(context: Context) -> Any:
        yield context.task_all([context.call_activity("boom", 1), context.call_activity("echo", 9)])

    simulation = hub(strict, activities={"echo": echo, "boom": boom}, duration=seconds_by_input)
    name = simulation.start("strict")
    simulation.run(EPOCH + 5 * SECOND)
    assert simulation.instance(name).status == "Running"
    simulation.run()
    ended = simulation.instance(name)
    assert (ended.status, ended.updated) == ("Failed", EPOCH + 9 * SECOND)
    completed = events(simulation, name, Kind.EXECUTION_COMPLETED)[0]
    assert (completed["EventId"], completed["OrchestrationStatus"]) == (2, 3)


def test_what_follows_a_caught_failure_of_task_all_waits_for_the_siblings(hub: Hub) -> None:
    def careful(context: Context) -> Any:
        try:
            yield context.task_all(
                [context.call_activity("boom", 1), context.call_activity("echo", 9)]
            )
        except Exception:  # noqa: BLE001 - the SDK raises plain exceptions
            return (yield context.call_activity("echo", 3))

    simulation = hub(careful, activities={"echo": echo, "boom": boom}, duration=seconds_by_input)
    name = run(simulation, "careful")
    assert events(simulation, name, Kind.TASK_SCHEDULED)[2]["Timestamp"] == stamp(
        EPOCH + 9 * SECOND
    )
    assert simulation.instance(name).output == "3"


def test_activities_left_running_after_task_any_hold_the_completion_back(hub: Hub) -> None:
    def impatient(context: Context) -> Any:
        quick, slow = context.call_activity("echo", 1), context.call_activity("echo", 20)
        winner = yield context.task_any([quick, slow])
        return winner.result

    simulation = hub(impatient, activities={"echo": echo}, duration=seconds_by_input)
    name = simulation.start("impatient")
    simulation.run(EPOCH + 19 * SECOND)
    assert simulation.instance(name).status == "Running"
    simulation.run()
    assert simulation.instance(name).output == "1"
    assert simulation.instance(name).updated == EPOCH + 20 * SECOND


def test_a_pending_wait_for_an_event_does_not_hold_the_completion_back(hub: Hub) -> None:
    def either(context: Context) -> Any:
        wait = context.wait_for_external_event("never")
        done = context.call_activity("echo", 1)
        yield context.task_any([wait, done])
        return "done"

    simulation = hub(either, activities={"echo": echo})
    assert simulation.instance(run(simulation, "either")).status == "Completed"


def test_a_failed_winner_of_task_any_is_not_raised(hub: Hub) -> None:
    def winner(context: Context) -> Any:
        first = yield context.task_any([context.call_activity("boom", 1)])
        return isinstance(first.result, Exception)

    simulation = hub(winner, activities={"boom": boom})
    assert simulation.instance(run(simulation, "winner")).output == "true"


def test_an_orchestrator_without_yield_completes_with_its_return_value(hub: Hub) -> None:
    def plain(context: Context) -> Any:
        return {"given": context.get_input()}

    simulation = hub(plain)
    assert simulation.instance(run(simulation, "plain", [1])).output == '{"given":[1]}'


def test_a_result_of_none_is_null(hub: Hub) -> None:
    def nothing(context: Context) -> Any:
        assert (yield context.call_activity("silent", 1)) is None

    simulation = hub(nothing, activities={"silent": lambda _: None})
    name = run(simulation, "nothing")
    assert simulation.instance(name).output is None
    assert events(simulation, name, Kind.TASK_COMPLETED)[0]["Result"] is None
    assert events(simulation, name, Kind.EXECUTION_COMPLETED)[0]["Result"] is None


def test_task_all_of_nothing_gives_none_at_once(hub: Hub) -> None:
    def empty(context: Context) -> Any:
        return [(yield context.task_all([])), (yield context.call_activity("echo", 1))]

    simulation = hub(empty, activities={"echo": echo})
    assert simulation.instance(run(simulation, "empty")).output == "[null,1]"


# Where the real host hangs


def test_an_unknown_activity_hangs_with_a_warning(hub: Hub) -> None:
    def lost(context: Context) -> Any:
        yield context.call_activity("missing", 1)

    simulation = hub(lost)
    name = run(simulation, "lost")
    assert simulation.instance(name).status == "Running"
    assert events(simulation, name, Kind.TASK_SCHEDULED) == []
    assert any("'missing' is not known" in warning for warning in simulation.warnings)


def test_an_unknown_activity_in_task_all_shifts_the_ids_of_its_siblings(hub: Hub) -> None:
    def lost(context: Context) -> Any:
        yield context.task_all(
            [context.call_activity("missing", 0), context.call_activity("echo", 1)]
        )

    simulation = hub(lost, activities={"echo": echo})
    name = run(simulation, "lost")
    assert [e["EventId"] for e in events(simulation, name, Kind.TASK_SCHEDULED)] == [0]
    assert simulation.instance(name).status == "Running"


def test_an_unknown_sub_orchestrator_hangs_with_a_warning(hub: Hub) -> None:
    def lost(context: Context) -> Any:
        yield context.call_sub_orchestrator("missing", 1)

    simulation = hub(lost)
    assert simulation.instance(run(simulation, "lost")).status == "Running"
    assert any("orchestrator 'missing' is not known" in w for w in simulation.warnings)


@pytest.mark.parametrize("child_id", ["self", "@entity@key"])
def test_a_refused_sub_orchestration_id_hangs_without_taking_an_id(hub: Hub, child_id: str) -> None:
    def child(_context: Context) -> Any:
        return 1

    def outer(context: Context) -> Any:
        yield context.task_all(
            [
                context.call_sub_orchestrator("child", 1, child_id),
                context.call_activity("echo", 1),
            ]
        )

    simulation = hub(outer, child, activities={"echo": echo})
    simulation.start("outer", instance_id="self")
    simulation.run()
    assert [e["EventId"] for e in events(simulation, "self", Kind.TASK_SCHEDULED)] == [0]
    assert simulation.instance("self").status == "Running"
    assert simulation.warnings


def test_yielding_none_hangs_with_a_warning(hub: Hub) -> None:
    def idle(_context: Context) -> Any:
        yield None

    simulation = hub(idle)
    assert simulation.instance(run(simulation, "idle")).status == "Running"
    assert any("will hang" in warning for warning in simulation.warnings)


def test_a_retry_interval_above_six_days_hangs_with_a_warning(hub: Hub) -> None:
    def patient(context: Context) -> Any:
        week = df.RetryOptions(7 * 24 * 3600 * 1000, 2)
        yield context.call_activity_with_retry("echo", week, 1)

    simulation = hub(patient, activities={"echo": echo})
    assert simulation.instance(run(simulation, "patient")).status == "Running"
    assert simulation.calls == []
    assert any("longer than six days" in warning for warning in simulation.warnings)


def test_more_actions_than_allowed_hang_with_a_warning(hub: Hub) -> None:
    def greedy(context: Context) -> Any:
        for number in range(3):
            yield context.call_activity("echo", number)

    simulation = hub(greedy, activities={"echo": echo}, rules=Rules(max_actions=2))
    assert simulation.instance(run(simulation, "greedy")).status == "Running"
    assert len(simulation.calls) == 2
    assert any("maxOrchestrationActions" in warning for warning in simulation.warnings)


# Retries


def test_parallel_retries_take_their_ids_as_failures_arrive(hub: Hub) -> None:
    attempts: dict[float, int] = {}

    def flaky(value: float) -> float:
        attempts[value] = attempts.get(value, 0) + 1
        if attempts[value] == 1:
            raise ValueError("first time")
        return value

    def both(context: Context) -> Any:
        options = df.RetryOptions(10_000, 2)
        tasks = [context.call_activity_with_retry("flaky", options, n) for n in (3, 1)]
        return (yield context.task_all(tasks))

    simulation = hub(both, activities={"flaky": flaky}, duration=seconds_by_input)
    name = run(simulation, "both")
    numbered = [
        (e["EventId"], Kind(e["EventType"]).name)
        for e in events(simulation, name, Kind.TASK_SCHEDULED, Kind.TIMER_CREATED)
    ]
    assert numbered == [
        (0, "TASK_SCHEDULED"),
        (1, "TASK_SCHEDULED"),
        (2, "TIMER_CREATED"),
        (3, "TIMER_CREATED"),
        (4, "TASK_SCHEDULED"),
        (5, "TASK_SCHEDULED"),
    ]
    timers = events(simulation, name, Kind.TIMER_CREATED)
    assert [t["FireAt"] for t in timers] == [stamp(EPOCH + n * SECOND) for n in (11, 13)]
    assert simulation.instance(name).output == "[3,1]"


def test_a_single_attempt_still_waits_for_the_last_timer(hub: Hub) -> None:
    def once(context: Context) -> Any:
        yield context.call_activity_with_retry("boom", df.RetryOptions(1000, 1), 1)

    simulation = hub(once, activities={"boom": boom})
    name = run(simulation, "once")
    kinds = [Kind(e["EventType"]).name for e in events(simulation, name, *Kind)]
    assert kinds.count("TIMER_CREATED") == kinds.count("TIMER_FIRED") == 1
    assert simulation.instance(name).status == "Failed"


def test_a_retried_sub_orchestration_gets_a_new_id_per_attempt(hub: Hub) -> None:
    def child(_context: Context) -> Any:
        raise ValueError("no")

    def outer(context: Context) -> Any:
        yield context.call_sub_orchestrator_with_retry("child", df.RetryOptions(1000, 2))

    simulation = hub(outer, child)
    name = run(simulation, "outer")
    execution_id = simulation.instance(name).execution_id
    created = events(simulation, name, Kind.SUB_ORCHESTRATION_CREATED)
    assert [e["InstanceId"] for e in created] == [f"{execution_id}:{n}" for n in (0, 2)]


def test_a_retried_sub_orchestration_with_an_id_keeps_it(hub: Hub) -> None:
    def child(_context: Context) -> Any:
        raise ValueError("no")

    def outer(context: Context) -> Any:
        options = df.RetryOptions(1000, 2)
        yield context.call_sub_orchestrator_with_retry("child", options, instance_id="mine")

    simulation = hub(outer, child)
    name = run(simulation, "outer")
    created = events(simulation, name, Kind.SUB_ORCHESTRATION_CREATED)
    assert [e["InstanceId"] for e in created] == ["mine", "mine"]
    assert simulation.instance(name).status == "Failed"


# Timers


def test_a_timer_in_the_past_fires_at_once_with_both_events(hub: Hub) -> None:
    def hasty(context: Context) -> Any:
        yield context.create_timer(context.current_utc_datetime - SECOND)
        return context.current_utc_datetime.isoformat()

    simulation = hub(hasty)
    name = run(simulation, "hasty")
    assert len(events(simulation, name, Kind.TIMER_CREATED, Kind.TIMER_FIRED)) == 2
    assert simulation.now == EPOCH


def test_a_timer_of_ten_days_is_cut_into_three_pieces(hub: Hub) -> None:
    def patient(context: Context) -> Any:
        yield context.create_timer(context.current_utc_datetime + timedelta(days=10))
        return "done"

    simulation = hub(patient)
    name = run(simulation, "patient")
    timers = events(simulation, name, Kind.TIMER_CREATED)
    assert [(t["EventId"], t["FireAt"]) for t in timers] == [
        (number, stamp(EPOCH + timedelta(days=days))) for number, days in ((0, 3), (1, 6), (2, 10))
    ]
    assert simulation.instance(name).output == '"done"'


def test_a_timer_that_is_created_and_cancelled_at_once_leaves_its_event(hub: Hub) -> None:
    def undecided(context: Context) -> Any:
        timer = context.create_timer(context.current_utc_datetime + SECOND)
        quick = context.call_activity("echo", 1)
        yield context.task_any([timer, quick])
        timer.cancel()  # type: ignore[attr-defined]
        return (yield context.call_activity("echo", 2))

    simulation = hub(undecided, activities={"echo": echo})
    name = run(simulation, "undecided")
    assert simulation.instance(name).status == "Completed"
    assert len(events(simulation, name, Kind.TIMER_CREATED)) == 1
    assert [e["EventId"] for e in events(simulation, name, Kind.TASK_SCHEDULED)] == [1, 2]


# External events


def waiting_thrice(context: Context) -> Any:
    waits = [context.wait_for_external_event("E") for _ in range(3)]
    return (yield context.task_all(waits))


def one_after_the_other(context: Context) -> Any:
    first = yield context.wait_for_external_event("E")
    second = yield context.wait_for_external_event("E")
    return [first, second]


def test_waits_of_one_name_are_released_last_in_first_out(hub: Hub) -> None:
    simulation = hub(waiting_thrice)
    name = simulation.start("waiting_thrice")
    for number in range(3):
        simulation.run(simulation.now)
        simulation.raise_event(name, "E", number)
    simulation.run()
    assert simulation.instance(name).output == "[2,1,0]"


def test_events_after_their_waits_arrive_one_per_wait(hub: Hub) -> None:
    simulation = hub(one_after_the_other)
    name = simulation.start("one_after_the_other")
    for number in ("1", "2"):
        simulation.run(simulation.now)
        simulation.raise_event(name, "E", number)
    simulation.run()
    assert simulation.instance(name).output == '["1","2"]'


def test_of_two_early_events_the_sdk_sees_only_the_last(hub: Hub) -> None:
    def busy(context: Context) -> Any:
        yield context.create_timer(context.current_utc_datetime + 5 * SECOND)
        return (yield from one_after_the_other(context))

    simulation = hub(busy)
    name = simulation.start("busy")
    simulation.run(EPOCH + SECOND)
    simulation.raise_event(name, "E", "1")
    simulation.raise_event(name, "E", "2")
    simulation.run()
    assert simulation.instance(name).output == '["2","2"]'


def test_an_event_name_in_the_wrong_case_hangs_with_a_warning(hub: Hub) -> None:
    def patient(context: Context) -> Any:
        return (yield context.wait_for_external_event("Go"))

    simulation = hub(patient)
    name = simulation.start("patient")
    simulation.run()
    simulation.raise_event(name, "go", 1)
    simulation.run()
    assert simulation.instance(name).status == "Running"
    assert any("in another case" in warning for warning in simulation.warnings)


def test_waiting_for_an_event_leaves_no_trace_in_the_history(hub: Hub) -> None:
    simulation = hub(one_after_the_other)
    name = run(simulation, "one_after_the_other")
    kinds = [Kind(e["EventType"]) for e in events(simulation, name, *Kind)]
    assert kinds == [Kind.ORCHESTRATOR_STARTED, Kind.EXECUTION_STARTED, Kind.ORCHESTRATOR_COMPLETED]


# Continue as new


def test_continue_as_new_starts_over_in_the_same_episode(hub: Hub) -> None:
    def counter(context: Context) -> Any:
        number = int(str(context.get_input()))
        yield context.call_activity("echo", number)
        if number < 3:
            context.set_custom_status({"round": number})
            context.continue_as_new(number + 1)
            return None
        return number

    simulation = hub(counter, activities={"echo": echo})
    name = simulation.start("counter", 1)
    simulation.run(EPOCH)
    ended = simulation.instance(name)
    assert (ended.status, ended.output, ended.custom_status) == (
        "Completed",
        "3",
        '{"round":2}',
    )
    assert simulation.calls == [("echo", 1), ("echo", 2), ("echo", 3)]
    started = events(simulation, name, Kind.EXECUTION_STARTED)
    assert [e["Input"] for e in started] == ['"3"']
    assert [e["EventId"] for e in events(simulation, name, Kind.TASK_SCHEDULED)] == [0]
    assert len({e.instance.execution_id for _, e in simulation.episodes if e.instance}) == 3


def test_events_that_arrive_after_continue_as_new_are_carried_over(hub: Hub) -> None:
    def listener(context: Context) -> Any:
        seen = [*(context.get_input() or []), (yield context.wait_for_external_event("E"))]
        if len(seen) == 3:
            return seen
        context.continue_as_new(seen)
        return None

    simulation = hub(listener)
    name = simulation.start("listener")
    simulation.run()
    for number in range(3):
        simulation.raise_event(name, "E", number)
    simulation.run()
    assert simulation.instance(name).output == "[0,1,2]"


def test_events_buffered_before_continue_as_new_are_lost(hub: Hub) -> None:
    def deaf(context: Context) -> Any:
        if context.get_input() == "again":
            return (yield context.wait_for_external_event("E"))
        yield context.create_timer(context.current_utc_datetime + 5 * SECOND)
        context.continue_as_new("again")
        return None

    simulation = hub(deaf)
    name = simulation.start("deaf", "first")
    simulation.run(EPOCH + SECOND)
    simulation.raise_event(name, "E", "lost")
    simulation.run()
    assert simulation.instance(name).status == "Running"


def test_continue_as_new_waits_for_open_tasks(hub: Hub) -> None:
    def hasty(context: Context) -> Any:
        if context.get_input() == "again":
            return "done"
        tasks = [context.call_activity("echo", n) for n in (1, 8)]
        yield context.task_any(tasks)
        context.continue_as_new("again")
        return None

    simulation = hub(hasty, activities={"echo": echo}, duration=seconds_by_input)
    name = simulation.start("hasty", "first")
    simulation.run(EPOCH + 7 * SECOND)
    assert simulation.instance(name).status == "Running"
    simulation.run()
    assert simulation.instance(name).output == '"done"'
    assert simulation.instance(name).updated == EPOCH + 8 * SECOND


# Sub-orchestrations


def test_an_orchestration_may_start_a_child_under_an_explicit_id(hub: Hub) -> None:
    def child(context: Context) -> Any:
        return context.instance_id

    def outer(context: Context) -> Any:
        return (yield context.call_sub_orchestrator("child", None, "mine"))

    simulation = hub(outer, child)
    assert simulation.instance(run(simulation, "outer")).output == '"mine"'


def test_a_child_knows_its_parent(hub: Hub) -> None:
    def child(context: Context) -> Any:
        return context.parent_instance_id

    def outer(context: Context) -> Any:
        return (yield context.call_sub_orchestrator("child"))

    simulation = hub(outer, child)
    name = run(simulation, "outer")
    assert simulation.instance(name).output == f'"{name}"'


def test_a_terminated_child_fails_in_its_parent(hub: Hub) -> None:
    def child(context: Context) -> Any:
        yield context.wait_for_external_event("never")

    def outer(context: Context) -> Any:
        yield context.call_sub_orchestrator("child", None, "mine")

    simulation = hub(outer, child)
    name = run(simulation, "outer")
    simulation.client.terminate("mine", "enough")
    simulation.run()
    failed = events(simulation, name, Kind.SUB_ORCHESTRATION_FAILED)[0]
    assert (failed["TaskScheduledId"], failed["Reason"]) == (0, "enough")
    assert simulation.instance(name).status == "Failed"


def test_terminating_a_parent_leaves_its_children_alone(hub: Hub) -> None:
    def child(context: Context) -> Any:
        return (yield context.wait_for_external_event("Go"))

    def outer(context: Context) -> Any:
        yield context.call_sub_orchestrator("child", None, "mine")

    simulation = hub(outer, child)
    name = run(simulation, "outer")
    simulation.client.terminate(name, "enough")
    simulation.run()
    simulation.raise_event("mine", "Go", 1)
    simulation.run()
    assert simulation.instance("mine").status == "Completed"
    assert simulation.instance(name).status == "Terminated"


# Inputs


@pytest.mark.parametrize(
    ("stored", "seen"),
    [
        ('"{\\"a\\":1}"', '{"a":1}'),
        ('{"a":1}', '{"a":1}'),
        (None, None),
    ],
)
def test_get_input_by_how_the_input_is_encoded(
    hub: Hub, stored: str | None, seen: str | None
) -> None:
    def plain(context: Context) -> Any:
        return context.get_input()

    simulation = hub(plain)
    simulation.client.start("plain", "one", stored)
    simulation.run()
    assert simulation.instance("one").output == seen


@pytest.mark.parametrize(
    ("stored", "error"),
    [
        ("[1,2]", "the JSON object must be str, bytes or bytearray, not list"),
        ("5", "the JSON object must be str, bytes or bytearray, not int"),
        ('"plain"', "Expecting value"),
    ],
)
def test_a_raw_input_that_is_not_an_object_fails_the_orchestration(
    hub: Hub, stored: str, error: str
) -> None:
    def plain(context: Context) -> Any:
        return context.get_input()

    simulation = hub(plain)
    simulation.client.start("plain", "one", stored)
    simulation.run()
    assert simulation.instance("one").status == "Failed"
    assert error in str(simulation.instance("one").output)


def test_inputs_are_kept_in_the_history_only_on_request(hub: Hub) -> None:
    def plain(context: Context) -> Any:
        yield context.call_activity("echo", {"a": 1})

    for keep, stored in ((False, None), (True, '["{\\"a\\": 1}"]')):
        simulation = hub(plain, activities={"echo": echo}, rules=Rules(store_inputs=keep))
        name = run(simulation, "plain")
        assert events(simulation, name, Kind.TASK_SCHEDULED)[0]["Input"] == stored


def test_versions_reach_the_orchestrator_and_its_children(hub: Hub) -> None:
    def child(context: Context) -> Any:
        return context.version

    def outer(context: Context) -> Any:
        own = context.version
        default = yield context.call_sub_orchestrator("child")
        given = yield context.call_sub_orchestrator("child", version="1.10")
        return [own, default, given]

    simulation = hub(outer, child, rules=Rules(default_version="2.0"))
    simulation.client.start("outer", "one", None, "1.0")
    simulation.run()
    assert simulation.instance("one").output == '["1.0","2.0","1.10"]'


@pytest.mark.parametrize(
    ("match", "version", "runs"),
    [
        ("CurrentOrOlder", "1.9", True),
        ("CurrentOrOlder", "", True),
        ("CurrentOrOlder", "1.10", True),
        ("CurrentOrOlder", "1.11", False),
        ("Strict", "1.9", False),
        ("Strict", "1.10", True),
        ("None", "7", True),
    ],
)
@pytest.mark.parametrize("failure", ["Reject", "Fail"])
def test_an_instance_of_another_version_waits_or_fails(
    hub: Hub, match: str, version: str, runs: bool, failure: str
) -> None:
    def plain(_context: Context) -> Any:
        return "ran"

    rules = Rules(default_version="1.10", version_match=match, version_failure=failure)
    simulation = hub(plain, rules=rules)
    simulation.client.start("plain", "one", None, version)
    simulation.run()
    unfit = "Failed" if failure == "Fail" else "Pending"
    assert simulation.instance("one").status == ("Completed" if runs else unfit)


def test_a_child_that_continues_as_new_still_answers_its_parent(hub: Hub) -> None:
    def child(context: Context) -> Any:
        number = int(str(context.get_input()))
        yield context.call_activity("echo", number)
        if number < 2:
            context.continue_as_new(number + 1)
            return None
        return number

    def outer(context: Context) -> Any:
        return (yield context.call_sub_orchestrator("child", 0))

    simulation = hub(outer, child, activities={"echo": echo})
    assert simulation.instance(run(simulation, "outer")).output == "2"


def test_an_eternal_orchestration_keeps_a_short_history(hub: Hub) -> None:
    def eternal(context: Context) -> Any:
        yield context.create_timer(context.current_utc_datetime + timedelta(hours=1))
        context.continue_as_new(None)

    simulation = hub(eternal)
    name = simulation.start("eternal")
    simulation.run(EPOCH + timedelta(days=10))
    assert simulation.instance(name).status == "Running"
    assert len(simulation.instance(name).history) == 4


def test_a_window_of_ten_over_sixty_activities_takes_what_it_takes_in_azure(hub: Hub) -> None:
    def sliding(context: Context) -> Any:
        todo = list(range(60))
        running: list[Any] = []
        while todo or running:
            while todo and len(running) < 10:
                running.append(context.call_activity("echo", todo.pop(0)))
            running.remove((yield context.task_any(running)))

    def batched(context: Context) -> Any:
        for start in range(0, 60, 10):
            batch = range(start, start + 10)
            yield context.task_all([context.call_activity("echo", n) for n in batch])

    for shape, seconds in ((sliding, 51), (batched, 6)):
        simulation = hub(shape, activities={"echo": echo}, duration=lambda _: SECOND)
        name = run(simulation, shape.__name__)
        assert simulation.instance(name).status == "Completed"
        assert simulation.now - EPOCH == seconds * SECOND


def test_compound_tasks_may_be_nested(hub: Hub) -> None:
    def nested(context: Context) -> Any:
        both = context.task_all([context.call_activity("echo", n) for n in (1, 2)])
        deadline = context.create_timer(context.current_utc_datetime + 5 * SECOND)
        winner = yield context.task_any([both, deadline])
        deadline.cancel()  # type: ignore[attr-defined]
        return winner.result

    simulation = hub(nested, activities={"echo": echo}, duration=seconds_by_input)
    name = run(simulation, "nested")
    assert simulation.instance(name).output == "[1,2]"
    assert simulation.instance(name).updated == EPOCH + 2 * SECOND
    numbered = events(simulation, name, Kind.TASK_SCHEDULED, Kind.TIMER_CREATED)
    assert [(e["EventId"], Kind(e["EventType"])) for e in numbered] == [
        (0, Kind.TASK_SCHEDULED),
        (1, Kind.TASK_SCHEDULED),
        (2, Kind.TIMER_CREATED),
    ]


def test_what_an_earlier_run_left_behind_does_not_reach_the_next_one(hub: Hub) -> None:
    def one_minute(context: Context) -> Any:
        yield context.create_timer(context.current_utc_datetime + timedelta(minutes=1))
        return context.current_utc_datetime.isoformat()

    simulation = hub(one_minute)
    simulation.start("one_minute", instance_id="same")
    simulation.run(EPOCH + 10 * SECOND)
    simulation.client.terminate("same", None)
    simulation.run(EPOCH + 20 * SECOND)
    simulation.start("one_minute", instance_id="same")
    simulation.run(EPOCH + 70 * SECOND)
    assert simulation.instance("same").status == "Running", "the old timer has fired, unheard"
    simulation.run()
    assert simulation.instance("same").updated == EPOCH + 80 * SECOND


def test_a_batch_holds_at_most_32_messages(hub: Hub) -> None:
    def wide(context: Context) -> Any:
        yield context.task_all([context.call_activity("echo", n) for n in range(40)])

    simulation = hub(wide, activities={"echo": echo}, duration=lambda _: SECOND)
    name = run(simulation, "wide")
    history = simulation.instance(name).history
    sizes = [0]
    for line in history:
        if line.event["EventType"] == Kind.ORCHESTRATOR_STARTED:
            sizes.append(0)
        sizes[-1] += line.event["EventType"] == Kind.TASK_COMPLETED
    assert (max(sizes), sum(sizes)) == (32, 40)
