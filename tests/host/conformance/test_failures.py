"""Failures: their texts and shapes, non-determinism, terminate, suspend, resume, rewind."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import azure.durable_functions as df
import pytest

from devstack.functions_host.engine.events import Kind
from devstack.functions_host.engine.failures import sanitize
from devstack.functions_host.hub.client import (
    AlreadyExistsError,
    EndedInstanceError,
    PreconditionError,
    UnknownInstanceError,
    WrongStateError,
)
from devstack.functions_host.simulation import EPOCH, Simulation

Hub = Callable[..., Simulation]
Context = df.DurableOrchestrationContext
SECOND = timedelta(seconds=1)


def boom(_value: Any) -> None:
    raise ValueError("boom")


def calling(context: Context) -> Any:
    return (yield context.call_activity("X", 1))


def waiting(context: Context) -> Any:
    return (yield context.wait_for_external_event("Go"))


def text(simulation: Simulation, name: str) -> str:
    return str(json.loads(simulation.instance(name).output or "null"))


def kinds(simulation: Simulation, name: str) -> list[Kind]:
    return [Kind(line.event["EventType"]) for line in simulation.instance(name).history]


def failed_task(simulation: Simulation, name: str) -> dict[str, Any]:
    history = [line.event for line in simulation.instance(name).history]
    return next(e for e in history if e["EventType"] == Kind.TASK_FAILED)


def test_the_failure_of_an_activity_has_the_shape_of_a_dotnet_exception(hub: Hub) -> None:
    simulation = hub(calling, activities={"X": boom})
    name = simulation.start("calling")
    simulation.run()
    failed = failed_task(simulation, name)
    assert failed["Reason"] == "Activity function 'X' failed: ValueError: boom"
    details = json.loads(failed["Details"])
    assert details["Message"] == "ValueError: boom"
    inner = details["InnerException"]
    assert inner["RemoteMessage"] == "ValueError: boom"
    assert inner["Message"].startswith(
        "Result: Failure\nType: \nException: ValueError: boom\nStack: "
    )
    assert failed["FailureDetails"] is None


def test_the_orchestrator_sees_a_plain_exception_with_reason_and_details(hub: Hub) -> None:
    def catching(context: Context) -> Any:
        try:
            yield context.call_activity("X", 1)
        except Exception as error:  # noqa: BLE001 - the SDK raises plain exceptions
            return [type(error).__name__, str(error)]

    simulation = hub(catching, activities={"X": boom})
    name = simulation.start("catching")
    simulation.run()
    failed = failed_task(simulation, name)
    assert json.loads(simulation.instance(name).output or "") == [
        "Exception",
        f"{failed['Reason']} \n {failed['Details']}",
    ]


def test_an_uncaught_failure_names_the_orchestrator(hub: Hub) -> None:
    simulation = hub(calling, activities={"X": boom})
    name = simulation.start("calling")
    simulation.run()
    assert text(simulation, name).startswith(
        "Orchestrator function 'calling' failed: Activity function 'X' failed: ValueError: boom"
    )


def test_the_failure_of_a_child_is_nested_in_that_of_its_parent(hub: Hub) -> None:
    def child(context: Context) -> Any:
        yield context.call_activity("X", 1)
        raise KeyError("lost")

    def outer(context: Context) -> Any:
        yield context.call_sub_orchestrator("child")

    simulation = hub(outer, child, activities={"X": str})
    name = simulation.start("outer")
    simulation.run()
    assert text(simulation, name).startswith(
        "Orchestrator function 'outer' failed: Orchestrator function 'child' failed: 'lost'"
    )


def test_an_exception_without_text_is_named_by_its_type(hub: Hub) -> None:
    def silent(context: Context) -> Any:
        yield context.call_activity("X", 1)
        raise RuntimeError

    simulation = hub(silent, activities={"X": str})
    name = simulation.start("silent")
    simulation.run()
    assert text(simulation, name) == (
        "Orchestrator function 'silent' failed: <class 'RuntimeError'>"
    )


def test_an_exception_before_any_yield_can_come_without_the_sdks_state(hub: Hub) -> None:
    def plain(_context: Context) -> Any:
        raise RuntimeError("not even a generator")

    simulation = hub(plain)
    name = simulation.start("plain")
    simulation.run()
    assert text(simulation, name).startswith(
        "Orchestrator function 'plain' failed: One or more errors occurred. (Result: Failure"
    )


def test_an_output_that_is_not_json_fails_the_orchestration(hub: Hub) -> None:
    def odd(_context: Context) -> Any:
        return object()

    simulation = hub(odd)
    name = simulation.start("odd")
    simulation.run()
    assert text(simulation, name) == (
        "Orchestrator function 'odd' failed: Object of type object is not JSON serializable"
    )


def test_yielding_something_else_than_a_task_fails_with_the_hosts_message(hub: Hub) -> None:
    def odd(_context: Context) -> Any:
        yield 5

    simulation = hub(odd)
    name = simulation.start("odd")
    simulation.run()
    assert text(simulation, name).startswith(
        "Orchestrator function 'odd' failed: One or more errors occurred. (Result: Failure"
    )
    assert "AttributeError" in text(simulation, name)


def test_the_result_of_an_activity_has_to_be_json(hub: Hub) -> None:
    simulation = hub(calling, activities={"X": lambda _: {1, 2}})
    name = simulation.start("calling")
    simulation.run()
    assert "activity trigger output must be json serializable" in text(simulation, name)


def test_a_custom_status_above_16_kilobytes_fails_the_orchestration(hub: Hub) -> None:
    def chatty(context: Context) -> Any:
        context.set_custom_status("x" * int(str(context.get_input())))
        yield context.wait_for_external_event("Go")

    simulation = hub(chatty)
    small, large = simulation.start("chatty", 8_000), simulation.start("chatty", 9_000)
    simulation.run()
    assert simulation.instance(small).status == "Running"
    assert simulation.instance(large).status == "Failed"
    assert "must not exceed 16 KB" in text(simulation, large)


def test_a_custom_status_survives_and_cannot_be_cleared(hub: Hub) -> None:
    def chatty(context: Context) -> Any:
        context.set_custom_status({"at": 1})
        yield context.wait_for_external_event("Go")
        context.set_custom_status(None)

    simulation = hub(chatty)
    name = simulation.start("chatty")
    simulation.run()
    assert simulation.instance(name).custom_status == '{"at":1}'
    simulation.raise_event(name, "Go")
    simulation.run()
    assert simulation.instance(name).status == "Completed"
    assert simulation.instance(name).custom_status == '{"at":1}'


@pytest.mark.parametrize(
    ("secret", "masked"),
    [
        ("AccountKey=abc;more", "[Hidden Credential]"),
        ("Password=1' then", "[Hidden Credential]' then"),
        ("http://x/?sig=abc<b>", "http://x/[Hidden Credential]<b>"),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_what_looks_like_a_credential_is_masked(secret: str, masked: str) -> None:
    assert sanitize(secret) == masked


# Non-determinism


def changed(simulation: Simulation, **replaced: Callable[..., Any]) -> None:
    """Deploy other code for orchestrators that are running."""
    handles = {name: df.Orchestrator.create(code) for name, code in replaced.items()}
    simulation.orchestrators = {**simulation.orchestrators, **handles}


def story(context: Context) -> Any:
    yield context.call_activity("first", 1)
    yield context.wait_for_external_event("Go")


NON_DETERMINISTIC = (
    "Non-Deterministic workflow detected: A previous execution of this orchestration scheduled "
    "an activity task with sequence "
)


def nothing_scheduled(context: Context) -> Any:
    yield context.wait_for_external_event("Go")


def other_name(context: Context) -> Any:
    yield context.call_activity("second", 1)
    yield context.wait_for_external_event("Go")


def other_kind(context: Context) -> Any:
    yield context.create_timer(context.current_utc_datetime)
    yield context.wait_for_external_event("Go")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (
            nothing_scheduled,
            "ID 0 and name 'first' (version ''), but the current replay execution hasn't (yet?) "
            "scheduled this task. Was a change made to the orchestrator code after this instance "
            "had already started running?",
        ),
        (
            other_name,
            "number 0 named 'first', but the current orchestration replay instead scheduled an "
            "activity task named 'second' with this sequence number.",
        ),
        (
            other_kind,
            "number 0 named 'first', but the current orchestration replay instead produced a "
            "CreateTimerOrchestratorAction action with this sequence number.",
        ),
    ],
)
def test_changed_code_fails_a_running_instance_at_once(
    hub: Hub, code: Callable[..., Any], reason: str
) -> None:
    activities = {"first": lambda v: v, "second": lambda v: v}
    simulation = hub(story, activities=activities)
    name = simulation.start("story")
    simulation.run()
    changed(simulation, story=code)
    simulation.raise_event(name, "Other")
    simulation.run()
    assert simulation.instance(name).status == "Failed"
    assert text(simulation, name).startswith(NON_DETERMINISTIC + reason)


def test_changed_inputs_and_added_calls_are_not_noticed(hub: Hub) -> None:
    def longer(context: Context) -> Any:
        yield context.call_activity("first", "another input")
        yield context.wait_for_external_event("Go")
        return (yield context.call_activity("first", 3))

    simulation = hub(story, activities={"first": lambda v: v})
    name = simulation.start("story")
    simulation.run()
    changed(simulation, story=longer)
    simulation.raise_event(name, "Go")
    simulation.run()
    assert simulation.instance(name).output == "3"


# Terminate, suspend, resume


def test_terminate_ends_at_once_with_the_reason_as_output(hub: Hub) -> None:
    simulation = hub(calling, activities={"X": boom}, duration=lambda _: 9 * SECOND)
    name = simulation.start("calling")
    simulation.run(EPOCH + SECOND)
    simulation.client.terminate(name, "enough")
    simulation.run()
    assert (simulation.instance(name).status, text(simulation, name)) == ("Terminated", "enough")
    assert kinds(simulation, name)[-4:] == [
        Kind.ORCHESTRATOR_STARTED,
        Kind.EXECUTION_TERMINATED,
        Kind.EXECUTION_COMPLETED,
        Kind.ORCHESTRATOR_COMPLETED,
    ]


def test_suspend_holds_messages_back_until_resume(hub: Hub) -> None:
    simulation = hub(waiting)
    name = simulation.start("waiting")
    simulation.run()
    simulation.client.suspend(name, "a break")
    simulation.run()
    assert (simulation.instance(name).status, text(simulation, name)) == ("Suspended", "a break")
    simulation.raise_event(name, "Go", "kept")
    simulation.run()
    assert (simulation.instance(name).status, text(simulation, name)) == ("Suspended", "a break")
    assert kinds(simulation, name)[-2:] == [Kind.EVENT_RAISED, Kind.ORCHESTRATOR_COMPLETED]
    simulation.client.resume(name, "go on")
    simulation.run()
    assert (simulation.instance(name).status, text(simulation, name)) == ("Completed", "kept")


def test_what_ends_while_suspended_is_recorded_and_acted_upon_after_resume(hub: Hub) -> None:
    def two_steps(context: Context) -> Any:
        yield context.call_activity("step", 1)
        yield context.call_activity("step", 2)
        yield context.create_timer(context.current_utc_datetime + SECOND)
        return "end"

    simulation = hub(
        two_steps, activities={"step": lambda value: value}, duration=lambda _: 5 * SECOND
    )
    name = simulation.start("two_steps")
    simulation.run(EPOCH + SECOND)
    simulation.client.suspend(name, "a break")
    simulation.run()
    assert simulation.calls == [("step", 1)]
    assert Kind.TASK_COMPLETED in kinds(simulation, name)
    assert simulation.instance(name).status == "Suspended"
    simulation.client.resume(name, "go on")
    simulation.run()
    assert simulation.calls == [("step", 1), ("step", 2)]
    assert text(simulation, name) == "end"


def test_cancelled_timer_completes_a_suspended_instance(hub: Hub) -> None:
    """As on the real host: the code has run, and nothing that it waits for is held back."""

    def race(context: Context) -> Any:
        go = context.wait_for_external_event("Go")
        timer = context.create_timer(context.current_utc_datetime + 60 * SECOND)
        yield context.task_any([go, timer])
        timer.cancel()  # type: ignore[attr-defined]
        return go.result

    simulation = hub(race)
    name = simulation.start("race")
    simulation.run(EPOCH + SECOND)
    simulation.client.suspend(name, "a break")
    simulation.run(EPOCH + 2 * SECOND)
    simulation.raise_event(name, "Go", "in time")
    simulation.run(EPOCH + 3 * SECOND)
    assert (simulation.instance(name).status, text(simulation, name)) == ("Completed", "in time")


def test_suspension_before_the_first_step_repeats_nothing(hub: Hub) -> None:
    def one_step(context: Context) -> Any:
        return (yield context.call_activity("step", 1))

    simulation = hub(one_step, activities={"step": lambda value: value})
    name = simulation.start("one_step")
    simulation.client.suspend(name, None)
    simulation.run()
    assert simulation.instance(name).status == "Suspended"
    simulation.client.resume(name, None)
    simulation.run()
    assert simulation.calls == [("step", 1)]
    assert kinds(simulation, name).count(Kind.TASK_SCHEDULED) == 1
    assert simulation.instance(name).output == "1"


def test_a_suspended_instance_can_be_terminated(hub: Hub) -> None:
    simulation = hub(waiting)
    name = simulation.start("waiting")
    simulation.run()
    simulation.client.suspend(name, None)
    simulation.run()
    simulation.client.terminate(name, "enough")
    simulation.run()
    assert simulation.instance(name).status == "Terminated"


def test_resuming_what_is_not_suspended_and_suspending_twice_are_refused(hub: Hub) -> None:
    simulation = hub(waiting)
    name = simulation.start("waiting")
    simulation.run()
    with pytest.raises(WrongStateError):
        simulation.client.resume(name, None)
    simulation.client.suspend(name, None)
    simulation.run()
    with pytest.raises(WrongStateError):
        simulation.client.suspend(name, None)


def test_messages_to_ended_and_unknown_instances_are_refused(hub: Hub) -> None:
    simulation = hub(waiting)
    name = simulation.start("waiting")
    simulation.client.terminate(name, None)
    simulation.run()
    with pytest.raises(EndedInstanceError):
        simulation.raise_event(name, "Go")
    with pytest.raises(UnknownInstanceError):
        simulation.raise_event("nobody", "Go")


# Rewind and restart


def test_rewind_repeats_what_failed_and_nothing_else(hub: Hub) -> None:
    luck = [False]

    def fragile(_value: Any) -> str:
        if not luck[0]:
            raise ValueError("not yet")
        return "ok"

    def two_steps(context: Context) -> Any:
        first = yield context.call_activity("steady", 1)
        second = yield context.call_activity("fragile", 2)
        return [first, second]

    simulation = hub(two_steps, activities={"steady": lambda v: v, "fragile": fragile})
    name = simulation.start("two_steps")
    simulation.run()
    assert simulation.instance(name).status == "Failed"
    luck[0] = True
    simulation.client.rewind(name, "try again")
    simulation.run()
    assert simulation.instance(name).output == '[1,"ok"]'
    assert [call for call in simulation.calls if call[0] == "steady"] == [("steady", 1)]


def test_rewind_goes_down_to_the_child_that_failed(hub: Hub) -> None:
    luck = [False]

    def fragile(_value: Any) -> str:
        if not luck[0]:
            raise ValueError("not yet")
        return "ok"

    def child(context: Context) -> Any:
        return (yield context.call_activity("fragile", 1))

    def outer(context: Context) -> Any:
        return (yield context.call_sub_orchestrator("child", None, "mine"))

    simulation = hub(outer, child, activities={"fragile": fragile})
    name = simulation.start("outer")
    simulation.run()
    luck[0] = True
    simulation.client.rewind(name, "try again")
    simulation.run()
    assert simulation.instance("mine").status == "Completed"
    assert simulation.instance(name).output == '"ok"'


def test_only_a_failed_instance_can_be_rewound(hub: Hub) -> None:
    def quick(_context: Context) -> Any:
        return 1

    simulation = hub(waiting, quick)
    running, ended = simulation.start("waiting"), simulation.start("quick")
    simulation.run()
    for name in (running, ended):
        with pytest.raises(PreconditionError):
            simulation.client.rewind(name, None)


def test_restart_takes_name_and_input_over(hub: Hub) -> None:
    def quick(context: Context) -> Any:
        return context.get_input()

    simulation = hub(quick)
    name = simulation.start("quick", {"a": 1})
    simulation.run()
    other = simulation.client.restart(name, new_id=True)
    again = simulation.client.restart(name, new_id=False)
    simulation.run()
    assert other != name == again
    assert simulation.instance(other).output == simulation.instance(again).output == '{"a":1}'


# Instance ids


def test_an_ended_instance_is_replaced_and_an_active_one_is_in_the_way(hub: Hub) -> None:
    simulation = hub(waiting)
    simulation.start("waiting", instance_id="same")
    with pytest.raises(AlreadyExistsError, match="with the status Pending already exists"):
        simulation.start("waiting", instance_id="same")
    simulation.run()
    with pytest.raises(AlreadyExistsError, match="with the status Running already exists"):
        simulation.start("waiting", instance_id="same")
    simulation.raise_event("same", "Go", "first")
    simulation.run()
    simulation.start("waiting", instance_id="same")
    simulation.run()
    assert simulation.instance("same").status == "Running"
    assert kinds(simulation, "same").count(Kind.EXECUTION_STARTED) == 1


@pytest.mark.parametrize("instance_id", ["@x", "a/b", "a\\b", "a#b", "a?b", "x" * 257])
def test_every_instance_id_is_taken(hub: Hub, instance_id: str) -> None:
    simulation = hub(waiting)
    assert simulation.start("waiting", instance_id=instance_id) == instance_id
    simulation.run()
    assert simulation.instance(instance_id).status == "Running"


def test_instance_of_an_unknown_orchestrator_fails(hub: Hub) -> None:
    simulation = hub(waiting)
    name = simulation.start("nobody")
    simulation.run()
    assert simulation.instance(name).status == "Failed"
    assert text(simulation, name).startswith(
        "Orchestrator function 'nobody' failed: The function 'nobody' doesn't exist"
    )


def test_generation_counts_the_instances_of_an_id(hub: Hub) -> None:
    def quick(_context: Context) -> Any:
        return 1

    simulation = hub(quick)
    generations = []
    for _ in range(3):
        simulation.start("quick", instance_id="same")
        simulation.run()
        generations.append(simulation.instance("same").history[1].event["Generation"])
    assert generations == [0, 1, 2]


def test_a_generated_instance_id_has_32_hexadecimal_digits(hub: Hub) -> None:
    name = hub(waiting).start("waiting")
    assert len(name) == 32
    int(name, 16)


def test_entities_are_refused_clearly(hub: Hub) -> None:
    def counting(context: Context) -> Any:
        yield context.call_entity(df.EntityId("counter", "one"), "add", 1)

    simulation = hub(counting)
    name = simulation.start("counting")
    simulation.run()
    assert simulation.instance(name).status == "Failed"
    assert "entities are not supported" in text(simulation, name)
