"""The scenarios: each drives a host through one behaviour of the Durable engine or its API."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from devstack.functions_host.conformance.probe import Probe


@dataclass(frozen=True, slots=True)
class Scenario:
    """What to do with a host. Where ``any_order``, things happen at once: order says nothing."""

    name: str
    play: Callable[[Probe], None]
    any_order: bool = False


SCENARIOS: dict[str, Scenario] = {}


def scenario(play: Callable[[Probe], None]) -> Callable[[Probe], None]:
    """Add a scenario under the name of its function."""
    SCENARIOS[play.__name__] = Scenario(play.__name__, play)
    return play


def _to_the_end(name: str, value: object = None, *, any_order: bool = False) -> None:
    """Add a scenario that starts the orchestrator of its name and waits for the end."""

    def play(probe: Probe) -> None:
        probe.start(name, value)
        probe.end()

    SCENARIOS[name] = Scenario(name, play, any_order)


def _hanging(name: str) -> None:
    """Add a scenario that starts the orchestrator of its name, which never ends."""

    def play(probe: Probe) -> None:
        probe.start(name)
        probe.hang()

    SCENARIOS[name] = Scenario(name, play)


_to_the_end("echo", {"given": [1, "ü"]})
for _name in (
    *("returns_nothing", "types", "chain", "any_of_two", "any_then_late", "any_already_done"),
    *(
        "window",
        "fan_out_one_fails",
        "one_by_one_after_start",
        "never_awaited",
        "timer_only",
        "timer_past",
    ),
    *("timer_cancelled", "timer_not_cancelled", "parent", "parent_of_failing"),
    *("parent_unhandled", "parent_retry", "parent_any", "fails_unhandled", "raises"),
    *("raises_at_once", "retry_succeeds", "retry_gives_up", "again", "status_shown"),
    *("big_payloads", "big_output", "guids", "replaying", "facts"),
):
    _to_the_end(_name)
for _name in (
    *("fan_out", "fan_out_uneven", "many", "nested_all", "all_in_any"),
    *("parent_all", "retry_backoff"),
):
    _to_the_end(_name, any_order=True)
_hanging("unknown_activity")
_hanging("unknown_child")


# Events.


@scenario
def event(probe: Probe) -> None:
    """Raise the event that an instance waits for."""
    probe.start("event")
    probe.until("Running")
    probe.raise_event({"a": 1})
    probe.end()


@scenario
def event_at_once(probe: Probe) -> None:
    """Raise an event before the instance has begun."""
    probe.start("event")
    probe.raise_event("early")
    probe.end()


@scenario
def event_other_case(probe: Probe) -> None:
    """Raise an event by its name in another case, then by its name."""
    probe.start("event")
    probe.until("Running")
    probe.raise_event("x", name="GO")
    probe.until_event("EventRaised")
    probe.note_status()
    probe.raise_event("y")
    probe.end()


@scenario
def event_other_name(probe: Probe) -> None:
    """Raise an event that nobody waits for, then the right one."""
    probe.start("event")
    probe.until("Running")
    probe.raise_event("x", name="Other")
    probe.until_event("EventRaised")
    probe.raise_event("y")
    probe.end()


@scenario
def event_no_body(probe: Probe) -> None:
    """Raise an event without a body."""
    probe.start("event")
    probe.until("Running")
    probe.raise_event(text="")
    probe.hang()


@scenario
def event_not_json(probe: Probe) -> None:
    """Raise an event with a body that is not JSON, or not said to be JSON, then a right one."""
    probe.start("event")
    probe.until("Running")
    probe.raise_event(text="{nope")
    probe.raise_event(text="plain text", content_type="text/plain")
    probe.raise_event("ok")
    probe.end()


@scenario
def event_twice(probe: Probe) -> None:
    """Raise two events, one after the other."""
    probe.start("event_twice")
    probe.until("Running")
    probe.raise_event(1)
    probe.until_event("EventRaised")
    probe.raise_event(2)
    probe.end()


@scenario
def event_twice_burst(probe: Probe) -> None:
    """Raise two events before the instance has begun."""
    probe.start("event_twice")
    probe.raise_event(1)
    probe.raise_event(2)
    probe.end()


@scenario
def event_extra(probe: Probe) -> None:
    """Raise an event after the one that ended the instance."""
    probe.start("event")
    probe.until("Running")
    probe.raise_event(1)
    probe.end()
    probe.raise_event(2)
    probe.note_status()


@scenario
def two_events_all(probe: Probe) -> None:
    """Raise two events that are waited for at once, in the other order."""
    probe.start("two_events_all")
    probe.until("Running")
    probe.raise_event("b", name="B")
    probe.until_event("EventRaised")
    probe.raise_event("a", name="A")
    probe.end()


@scenario
def event_late_wait(probe: Probe) -> None:
    """Raise an event that is waited for later."""
    probe.start("event_late_wait")
    probe.raise_event("early")
    probe.until_event("EventRaised")
    probe.open_gate(0)
    probe.end()


@scenario
def event_or_timer(probe: Probe) -> None:
    """Raise an event before a timer fires that is cancelled then."""
    probe.start("event_or_timer", 120)
    probe.until_event("TimerCreated")
    probe.raise_event("yes")
    probe.end()


@scenario
def event_or_timer_expires(probe: Probe) -> None:
    """Let a timer fire while an event is waited for."""
    probe.start("event_or_timer", 2)
    probe.end()


@scenario
def event_or_timer_rounds(probe: Probe) -> None:
    """Raise an event in the second round of a wait."""
    probe.start("event_or_timer_rounds", [1, 120, 120])
    probe.until_event("TimerCreated", 2)
    probe.raise_event("late")
    probe.end()


@scenario
def event_or_timer_rounds_expires(probe: Probe) -> None:
    """Let three rounds of a wait end without the event."""
    probe.start("event_or_timer_rounds", [1, 1, 1])
    probe.end()


@scenario
def reminder_during_activity(probe: Probe) -> None:
    """Raise an event while an activity runs; the wait was made before."""
    probe.start("reminder_during_activity")
    probe.until_event("TaskScheduled")
    probe.raise_event("meanwhile")
    probe.until_event("EventRaised")
    probe.open_gate(0)
    probe.end()


@scenario
def mixed_any(probe: Probe) -> None:
    """Let three activities win over an event that never comes."""
    probe.start("mixed_any")
    for number in range(3):
        probe.open_gate(number)
    probe.end()


@scenario
def mixed_any_event(probe: Probe) -> None:
    """Raise an event while the second activity runs."""
    probe.start("mixed_any")
    probe.open_gate(0)
    probe.until_event("TaskCompleted")
    probe.raise_event("go")
    probe.until_event("EventRaised")
    probe.open_gate(1)
    probe.end()


@scenario
def parent_child_event(probe: Probe) -> None:
    """Raise an event for a sub-orchestration."""
    probe.start("parent_child_event")
    kid = f"{probe.id}-kid"
    probe.until_event("SubOrchestrationInstanceCreated")
    probe.until_found(kid)
    probe.raise_event("to the kid", instance_id=kid)
    probe.end()


@scenario
def again_keeps_events(probe: Probe) -> None:
    """Raise an event that waits in the instance when that starts over."""
    probe.start("again_keeps_events")
    probe.raise_event("kept")
    probe.until_event("EventRaised")
    probe.open_gate(0)
    probe.until_started_over()
    probe.hang()


@scenario
def not_deterministic(probe: Probe) -> None:
    """Ask for the history of an instance whose code is not deterministic."""
    probe.start("not_deterministic")
    probe.end()


# What clients do to instances.


@scenario
def terminate(probe: Probe) -> None:
    """Terminate an instance, then try everything on it."""
    probe.start("hold")
    probe.until("Running")
    probe.manage("terminatePostUri")
    probe.end()
    probe.manage("terminatePostUri")
    probe.raise_event("late")
    probe.manage("suspendPostUri")
    probe.manage("resumePostUri")
    probe.manage("rewindPostUri")


@scenario
def suspend_resume(probe: Probe) -> None:
    """Raise an event for a suspended instance, then let it go on."""
    probe.start("hold")
    probe.until("Running")
    probe.manage("suspendPostUri")
    probe.until("Suspended")
    probe.raise_event("while suspended")
    probe.until_event("EventRaised")
    probe.note_status()
    probe.manage("resumePostUri")
    probe.end()


@scenario
def suspend_updates(probe: Probe) -> None:
    """See what moves the time of the last update of a suspended instance."""
    probe.start("reminder_during_activity")
    probe.until_event("TaskScheduled")
    probe.note_update("looking again", lambda: None)
    probe.note_update("suspending", lambda: probe.manage("suspendPostUri"), until="Suspended")
    probe.note_update("looking again", lambda: None)
    probe.note_update("an event", lambda: probe.raise_event("meanwhile"), event="EventRaised")
    probe.note_update("an activity", lambda: probe.open_gate(0), event="TaskCompleted")
    probe.note_update("looking again", lambda: None)
    probe.note_update("resuming", lambda: probe.manage("resumePostUri"), until="Completed")
    probe.end()


@scenario
def suspend_cancelled_timer(probe: Probe) -> None:
    """Raise an event for a suspended instance whose code cancels its timer then: it completes."""
    probe.start("event_or_timer", 120)
    probe.until_event("TimerCreated")
    probe.manage("suspendPostUri")
    probe.until("Suspended")
    probe.raise_event("while suspended")
    probe.end()


@scenario
def suspend_terminate(probe: Probe) -> None:
    """Terminate a suspended instance."""
    probe.start("hold")
    probe.until("Running")
    probe.manage("suspendPostUri")
    probe.until("Suspended")
    probe.manage("terminatePostUri")
    probe.end()


@scenario
def purge(probe: Probe) -> None:
    """Purge an instance while it runs, after its end, and once more."""
    probe.start("hold")
    probe.until("Running")
    probe.manage("purgeHistoryDeleteUri", method="DELETE")
    probe.raise_event(1)
    probe.end()
    probe.manage("purgeHistoryDeleteUri", method="DELETE")
    probe.note_status()
    probe.manage("purgeHistoryDeleteUri", method="DELETE")


@scenario
def restart(probe: Probe) -> None:
    """Restart an ended instance under a new id and under its own."""
    probe.start("chain")
    probe.end()
    anew = probe.call("POST", probe.urls["restartPostUri"])
    probe.note_fact("keys of a restart", [anew.status_code, sorted(anew.json())])
    probe.note_fact("id is new", anew.json()["id"] != probe.id)
    same = probe.call("POST", probe.urls["restartPostUri"] + "&restartWithNewInstanceId=false")
    probe.note_fact("restart under the same id", same.status_code)
    probe.end()


@scenario
def rewind(probe: Probe) -> None:
    """Rewind an instance that fails again."""
    probe.start("fails_unhandled")
    probe.end()
    probe.manage("rewindPostUri")
    probe.until_event("ExecutionCompleted")
    probe.end()


@scenario
def rewind_running(probe: Probe) -> None:
    """Rewind an instance that runs."""
    probe.start("hold")
    probe.until("Running")
    probe.manage("rewindPostUri")
    probe.raise_event(1)
    probe.end()


@scenario
def rewind_completed(probe: Probe) -> None:
    """Rewind an instance that has completed."""
    probe.start("chain")
    probe.end()
    probe.manage("rewindPostUri")
    probe.end()


@scenario
def unknown_instance(probe: Probe) -> None:
    """Do everything to an instance that does not exist."""
    probe.start("echo")
    probe.end()
    probe.manage("statusQueryGetUri", method="GET", instance_id="nobody")
    for operation in ("sendEvent", "terminate", "suspend", "resume", "rewind", "restart"):
        probe.manage(f"{operation}PostUri", instance_id="nobody")
    probe.manage("purgeHistoryDeleteUri", method="DELETE", instance_id="nobody")


@scenario
def unknown_orchestrator(probe: Probe) -> None:
    """Start an orchestrator that does not exist, by the client and by the API."""
    probe.start("nobody")
    probe.end()
    probe.note("start by the API", probe.start_by_api("nobody", {}))


@scenario
def start_by_api(probe: Probe) -> None:
    """Start instances by the API: with and without an input, with ids of every kind."""
    answer = probe.start_by_api("echo", {"x": 1})
    shown = sorted(k.lower() for k in answer.headers if k.lower() in ("location", "retry-after"))
    probe.note_fact("start", [answer.status_code, sorted(answer.json()), shown])
    probe.look_at(answer)
    probe.end()
    chosen = uuid.uuid4().hex
    answer = probe.start_by_api(f"echo/{chosen}")
    probe.note_fact("start with an id", [answer.status_code, answer.json()["id"] == chosen])
    probe.look_at(answer)
    probe.end()
    probe.note("start with a body that is not JSON", probe.start_by_api("echo", text="{nope"))
    for chosen in ("%23a", "a%5Cb", "a%3Fb", "%40a", "a" * 300):
        step = f"start with the id {chosen[:10]}"
        probe.note(step, probe.start_by_api(f"echo/{chosen}"))


@scenario
def same_id_running(probe: Probe) -> None:
    """Start over the id of an instance that runs, and over that of one that has ended."""
    chosen = uuid.uuid4().hex
    probe.start("hold", instance_id=chosen)
    probe.until("Running")
    probe.by_client("start", 1)
    probe.raise_event(1)
    probe.end()
    probe.by_client("start", {"second": 1})
    probe.until_named("echo")
    probe.end()


@scenario
def client_calls(probe: Probe) -> None:
    """Do every operation of the Python client, while the instance lives and afterwards."""
    probe.start("hold")
    probe.until("Running")
    probe.by_client("suspend")
    probe.until("Suspended")
    probe.by_client("resume")
    probe.until("Running")
    probe.by_client("event", {"v": 1})
    probe.end()
    probe.by_client("event", 2)
    for operation in ("terminate", "status", "purge", "purge"):
        probe.by_client(operation)
    probe.by_client("event", 3)
    for operation in ("terminate", "status", "rewind"):
        probe.by_client(operation)


@scenario
def wait_for_completion(probe: Probe) -> None:
    """Wait for instances that complete, fail, or take too long."""
    for name, limit in (("chain", 30_000), ("fails_unhandled", 30_000), ("hold", 600)):
        answer = probe.call("POST", f"api/wait/{name}?ms={limit}")
        kept = ("location", "retry-after", "content-type")
        headers = sorted(k.lower() for k in answer.headers if k.lower() in kept)
        if answer.status_code == 202:
            probe.note_fact(f"wait for {name}", [202, sorted(answer.json()), headers])
        else:
            probe.note(f"wait for {name}", answer, headers=headers)


@scenario
def status_forms(probe: Probe) -> None:
    """Ask for the status in every form, of an instance that runs and of one that failed."""
    probe.start("hold", {"in": 1})
    probe.until("Running")
    _note_forms(
        probe,
        {"showInput": "false"},
        {"showHistory": "true"},
        {"showHistory": "true", "showHistoryOutput": "true"},
        {"returnInternalServerErrorOnFailure": "true"},
    )
    probe.raise_event(1)
    probe.end()
    probe.start("fails_unhandled")
    probe.until("Failed")
    _note_forms(probe, {"returnInternalServerErrorOnFailure": "true"})


def _note_forms(probe: Probe, *queries: dict[str, str]) -> None:
    for query in ({}, *queries):
        answer = probe.status(query)
        probe.note_with_headers(f"status {json.dumps(query)}", answer)


_LISTED = 3


@scenario
def list_forms(probe: Probe) -> None:
    """List instances in pages of every size that one can ask for, and page by page."""
    prefix = f"list-{uuid.uuid4().hex}-"
    for number in range(_LISTED):
        probe.start("chain", instance_id=f"{prefix}{number}")
        probe.until("Completed")
    for top in ("0", "1", "2", "3", "+1", "1.5", "1e0", "abc", "", "99999999999"):
        answer, more = probe.listed(prefix, top)
        found = [item["instanceId"][-1] for item in answer.json()]
        probe.note_fact(f"list {top!r}", [answer.status_code, found, bool(more)])
    probe.note("list '-1'", probe.listed(prefix, "-1")[0])
    pages: list[list[str]] = []
    token = ""
    for _ in range(_LISTED):
        answer, token = probe.listed(prefix, "1", token)
        pages.append([item["instanceId"][-1] for item in answer.json()])
    probe.note_fact("page by page", [pages, bool(token)])


@scenario
def entity_forms(probe: Probe) -> None:
    """Ask for entities and send to some, of an app that has none."""
    for method, path in (
        ("GET", ""),
        ("GET", "/Counter"),
        ("GET", "/Counter/k"),
        ("GET", "?fetchState=true&top=1"),
        ("DELETE", ""),
        ("DELETE", "/Counter"),
        ("DELETE", "/Counter/k"),
        ("PUT", "/Counter/k"),
        ("GET", "/Counter/k/further"),
    ):
        probe.note_with_headers(f"{method} entities{path}", probe.entities(method, path))
    for path, text, content_type in (
        ("", "1", "application/json"),
        ("", "{nope", "application/json"),
        ("/Counter", "1", "application/json"),
        ("/Counter/k/", "1", "application/json"),
        ("/Counter/k", "", "application/json"),
        ("/Counter/k?op=add", "1", "application/json"),
        ("/Counter/k?op=add", "{nope", "application/json"),
        ("/Counter/k?op=add", "{nope", "text/json"),
        ("/Counter/k?op=add", "text", "text/plain"),
        ("/echo/k?op=add", "1", "application/json"),
    ):
        answer = probe.entities("POST", path, text, content_type)
        probe.note_with_headers(f"POST entities{path} {text} {content_type}", answer)


@scenario
def http_forms(probe: Probe) -> None:
    """Send requests that no route takes."""
    durable = "runtime/webhooks/durabletask"
    for method, path in (
        ("GET", "api/start/echo"),
        ("POST", "api/nowhere"),
        ("GET", f"{durable}/nowhere"),
        ("GET", f"{durable}/instances/abc/raiseEvent/x"),
        ("POST", f"{durable}/instances/abc"),
        ("PUT", f"{durable}/instances"),
    ):
        probe.note(f"{method} {path}", probe.call(method, path))


# Blobs.


@scenario
def blob_uploaded(probe: Probe) -> None:
    """Upload a blob, one whose name does not fit, and the first one again."""
    name = uuid.uuid4().hex
    probe.upload(f"{name}.txt", "first")
    probe.until_seen(f"{name}.txt", 1)
    probe.upload(f"{name}.TXT", "other letters")
    probe.upload(f"{name}.txt", "second")
    probe.until_seen(f"{name}.txt", 2)
    probe.note("seen of the blob", probe.call("GET", f"api/blobs/{name}.txt"))
    probe.note("seen of the other", probe.call("GET", f"api/blobs/{name}.TXT"))


@scenario
def blob_poisoned(probe: Probe) -> None:
    """Upload a blob whose function always fails."""
    name = f"{uuid.uuid4().hex}.txt"
    probe.upload(name, "fail")
    probe.until_poisoned(name)
    probe.note_fact("tries", len(probe.call("GET", f"api/blobs/{name}").json()))
    probe.note("poison message", probe.call("GET", f"api/poison/{name}"))


def play(found: Scenario, url: str) -> list[dict[str, Any]]:
    """Play a scenario against a host and return what was seen, as far as it came."""
    probe = Probe(url)
    try:
        found.play(probe)
    except Exception as error:  # noqa: BLE001 - a host may answer anything; that is a difference
        probe.note_fact("broke off", f"{type(error).__name__}: {error}")
    return probe.seen
