"""The HTTP management API of a running host: status codes, headers, bodies, filters, paging."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from devstack.functions_host.testing import RunningHost, until

pytestmark = pytest.mark.host
START_KEYS = [
    "id",
    "statusQueryGetUri",
    "sendEventPostUri",
    "terminatePostUri",
    "purgeHistoryDeleteUri",
    "restartPostUri",
    "suspendPostUri",
    "resumePostUri",
]


def new_id(prefix: str = "m") -> str:
    return f"{prefix}-{uuid.uuid4().hex}"


# Start


def test_start_answers_202_with_the_payload_and_where_to_look(basics: RunningHost) -> None:
    answer = basics.durable("POST", "orchestrators/hello", json="x")
    payload = answer.json()
    assert answer.status_code == 202
    assert list(payload) == START_KEYS
    assert answer.headers["Location"] == payload["statusQueryGetUri"]
    assert answer.headers["Retry-After"] == "10"
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    base = f"http://localhost:{basics.port}/runtime/webhooks/durabletask/instances/{payload['id']}"
    assert payload["statusQueryGetUri"].startswith(
        f"{base}?taskHub=BasicsHub&connection=Storage&code="
    )
    assert payload["sendEventPostUri"].startswith(f"{base}/raiseEvent/{{eventName}}?taskHub=")
    assert payload["terminatePostUri"].startswith(f"{base}/terminate?reason={{text}}&taskHub=")


def test_start_takes_an_id_and_any_content_type(basics: RunningHost) -> None:
    name = new_id()
    answer = basics.durable(
        "POST", f"orchestrators/HELLO/{name}", data='{"a":1}', headers={"Content-Type": "text/x"}
    )
    assert (answer.status_code, answer.json()["id"]) == (202, name)
    assert basics.wait(name)["input"] == {"a": 1}


def test_start_refuses_bad_json(basics: RunningHost) -> None:
    answer = basics.durable("POST", "orchestrators/hello", data="{nonsense")
    assert (answer.status_code, answer.json()["Message"]) == (400, "Invalid JSON content")


def test_instance_of_an_unknown_function_fails(basics: RunningHost) -> None:
    answer = basics.durable("POST", "orchestrators/nobody")
    assert answer.status_code == 202
    ended = basics.wait(answer.json()["id"])
    assert ended["runtimeStatus"] == "Failed"
    assert ended["output"].startswith(
        "Orchestrator function 'nobody' failed: The function 'nobody' doesn't exist, is disabled, "
        "or is not an orchestrator function. Additional info: "
    )


@pytest.mark.parametrize("odd", ["%40x", "%23x", "a%5Cb", "a%3Fb", "a" * 300])
def test_start_takes_every_id(basics: RunningHost, odd: str) -> None:
    answer = basics.durable("POST", f"orchestrators/hello/{odd}{uuid.uuid4().hex}")
    assert answer.status_code == 202
    status = answer.json()["statusQueryGetUri"]
    assert status.split("/instances/")[1].startswith(odd)
    assert basics.call("GET", status.split("/", 3)[3]).status_code in (200, 202)


def test_start_on_an_active_id_is_a_conflict(basics: RunningHost) -> None:
    name = basics.begin("approval", instance_id=new_id())
    basics.wait(name, "Running")
    answer = basics.durable("POST", f"orchestrators/approval/{name}")
    assert answer.status_code == 409
    assert answer.json() == {
        "Message": "An Orchestration instance with the status Running already exists."
    }


def test_start_on_an_ended_id_replaces_it(basics: RunningHost) -> None:
    name = basics.begin("hello", "one", new_id())
    assert basics.wait(name)["output"] == "Hello one"
    basics.begin("hello", "two", name)
    until(lambda: basics.status(name)["output"] == "Hello two", "the second run")


def test_start_and_wait_answers_with_the_output_alone(basics: RunningHost) -> None:
    answer = basics.durable(
        "POST", "orchestrators/hello?timeout=10&pollingInterval=0.1", json='"you"'
    )
    assert (answer.status_code, answer.json()) == (200, "Hello you")


def test_start_and_wait_answers_a_failure_with_200_and_the_status(basics: RunningHost) -> None:
    answer = basics.durable("POST", "orchestrators/fails?timeout=10&pollingInterval=0.1")
    assert (answer.status_code, answer.json()["runtimeStatus"]) == (200, "Failed")


def test_start_and_wait_falls_back_to_202(basics: RunningHost) -> None:
    answer = basics.durable("POST", "orchestrators/approval?timeout=0.3&pollingInterval=0.1")
    assert (answer.status_code, list(answer.json())) == (202, START_KEYS)


def test_start_and_wait_refuses_an_interval_above_the_timeout(basics: RunningHost) -> None:
    answer = basics.durable("POST", "orchestrators/hello?timeout=1&pollingInterval=2")
    assert answer.status_code == 400


# Status


def test_status_of_a_running_instance_is_202_with_its_fields_in_order(basics: RunningHost) -> None:
    name = basics.begin("approval", {"a": 1}, new_id())
    basics.wait(name, "Running")
    answer = basics.durable("GET", f"instances/{name}")
    assert answer.status_code == 202
    assert answer.headers["Retry-After"] == "5"
    assert answer.headers["Location"].endswith(f"/instances/{name}")
    payload = answer.json()
    assert list(payload) == [
        "name",
        "instanceId",
        "runtimeStatus",
        "input",
        "customStatus",
        "output",
        "createdTime",
        "lastUpdatedTime",
    ]
    assert payload["input"] == '{"a": 1}'
    assert payload["customStatus"] == {"stage": "waiting"}
    assert len(payload["createdTime"]) == len("2026-01-01T00:00:00Z")


def test_status_of_an_ended_instance_is_200_and_of_an_unknown_one_404(basics: RunningHost) -> None:
    name = basics.begin("hello", "x")
    basics.wait(name)
    assert basics.durable("GET", f"instances/{name}").status_code == 200
    missing = basics.durable("GET", f"instances/{new_id()}")
    assert (missing.status_code, missing.content) == (404, b"")


def test_status_of_a_failed_instance_is_500_only_on_request(basics: RunningHost) -> None:
    name = basics.begin("fails")
    basics.wait(name)
    assert basics.durable("GET", f"instances/{name}").status_code == 200
    answer = basics.durable("GET", f"instances/{name}?returnInternalServerErrorOnFailure=TRUE")
    assert (answer.status_code, answer.json()["runtimeStatus"]) == (500, "Failed")


def test_show_input_false_hides_the_input_of_one_instance(basics: RunningHost) -> None:
    name = basics.begin("hello", "x")
    assert basics.wait(name)["input"] == '"x"'
    assert basics.status(name, "?showInput=False")["input"] is None
    assert basics.status(name, "?showInput=nonsense")["input"] == '"x"'


def test_the_history_is_shown_rewritten(basics: RunningHost) -> None:
    name = basics.begin("hello", "x")
    basics.wait(name)
    assert "historyEvents" not in basics.status(name)
    shown = basics.status(name, "?showHistory=true&showHistoryOutput=true")["historyEvents"]
    assert [event["EventType"] for event in shown] == [
        "ExecutionStarted",
        "TaskCompleted",
        "ExecutionCompleted",
    ]
    started, task, ended = shown
    assert started["FunctionName"] == "hello"
    assert not {"Name", "OrchestrationInstance", "ParentInstance", "Version", "Tags"} & set(started)
    assert (task["FunctionName"], task["Result"]) == ("greet", "Hello x")
    assert task["ScheduledTime"] <= task["Timestamp"]
    assert not {"TaskScheduledId", "EventId", "IsPlayed", "Version"} & set(task)
    assert ended["OrchestrationStatus"] == "Completed"

    without = basics.status(name, "?showHistory=true")["historyEvents"]
    assert all("Result" not in event for event in without)


def test_a_timer_that_waits_is_shown_with_its_time(basics: RunningHost) -> None:
    name = basics.begin("approval")
    basics.wait(name, "Running")
    shown = basics.status(name, "?showHistory=true")["historyEvents"]
    assert [event["EventType"] for event in shown] == ["ExecutionStarted", "TimerCreated"]


# Listing


def listed(host: RunningHost, query: str, **headers: str) -> list[dict[str, Any]]:
    answer = host.durable("GET", f"instances/?{query}", headers=headers)
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()
    return found


def test_instances_are_filtered_by_status_prefix_and_time(basics: RunningHost) -> None:
    prefix = new_id("filter")
    names = [basics.begin("hello", n, f"{prefix}-{n}") for n in range(3)]
    waiting = basics.begin("approval", None, f"{prefix}-w")
    for name in names:
        basics.wait(name)
    basics.wait(waiting, "Running")

    def ids(query: str) -> list[str]:
        return [i["instanceId"] for i in listed(basics, f"instanceIdPrefix={prefix}&{query}")]

    assert sorted(ids("")) == sorted([*names, waiting])
    assert ids("runtimeStatus=Running") == [waiting]
    assert sorted(ids("runtimeStatus=Completed,Failed")) == sorted(names)
    assert len(ids("runtimeStatus=Completed&runtimeStatus=Running")) == 4
    assert len(ids("runtimeStatus=running")) == 4, "unknown values are dropped: no filter"
    assert ids("createdTimeFrom=2999-01-01T00:00:00Z") == []
    assert len(ids("createdTimeFrom=nonsense")) == 4
    assert len(ids("createdTimeTo=2999-01-01T00:00:00.0000000Z")) == 4


def test_instances_come_in_pages(basics: RunningHost) -> None:
    prefix = new_id("page")
    for number in range(5):
        basics.begin("hello", number, f"{prefix}-{number}")
    path = f"instances?top=2&instanceIdPrefix={prefix}"
    seen: list[str] = []
    token = ""
    for _ in range(3):
        answer = basics.durable("GET", path, headers={"x-ms-continuation-token": token})
        seen += [i["instanceId"] for i in answer.json()]
        token = answer.headers.get("x-ms-continuation-token", "")
    assert token == ""
    assert seen == [f"{prefix}-{number}" for number in range(5)]


def test_show_input_needs_another_filter_in_a_listing(basics: RunningHost) -> None:
    name = basics.begin("hello", "x", new_id("input"))
    hidden = listed(basics, f"instanceIdPrefix={name}&showInput=false")
    assert [i["input"] for i in hidden] == [None]
    assert any(i["input"] is not None for i in listed(basics, "showInput=false&top=1000"))


# Messages


def test_raise_event_answers_202_and_delivers(basics: RunningHost) -> None:
    name = basics.begin("approval")
    assert basics.raise_event(name, "Go", {"approved": True}) == 202
    assert basics.wait(name)["output"] == {"approved": True}


def test_raise_event_checks_instance_then_content(basics: RunningHost) -> None:
    assert basics.raise_event(new_id(), "Go") == 404
    ended = basics.begin("hello", "x")
    basics.wait(ended)
    path = f"instances/{ended}/raiseEvent/Go"
    gone = basics.durable("POST", path, data="x", headers={"Content-Type": "text/plain"})
    assert gone.status_code == 410

    path = f"instances/{basics.begin('approval')}/RAISEEVENT/Go"
    text = basics.durable("POST", path, data="x", headers={"Content-Type": "text/plain"})
    assert text.status_code == 400
    assert text.json() == {"Message": "Only application/json request content is supported"}
    json_type = {"Content-Type": "application/json; charset=utf-8"}
    bad = basics.durable("POST", path, data="{x", headers=json_type)
    assert (bad.status_code, bad.json()["Message"]) == (400, "Invalid JSON content")
    empty = basics.durable("POST", path, data="", headers=json_type)
    assert (empty.status_code, empty.json()["Message"]) == (400, "Invalid JSON content")
    assert empty.json()["ExceptionMessage"] == (
        "Error reading JToken from JsonReader. Path '', line 0, position 0."
    )


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        (b"\xff\xfe{}", "utf-8"),
        (b'"\xed\xa0\x80"', "utf-8"),
        (b"[" * 100_000, "utf-8"),
        (b"{}", "no-such"),
    ],
)
def test_a_body_that_nothing_can_read_is_refused(
    basics: RunningHost, body: bytes, charset: str
) -> None:
    path = f"instances/{basics.begin('approval')}/raiseEvent/Go"
    headers = {"Content-Type": f"application/json; charset={charset}"}

    answer = basics.durable("POST", path, data=body, headers=headers)

    assert (answer.status_code, answer.json()["Message"]) == (400, "Invalid JSON content")


def test_terminate_ends_an_instance_once(basics: RunningHost) -> None:
    name = basics.begin("approval")
    path = f"instances/{name}/terminate?reason=no%20need"
    assert basics.durable("POST", path).status_code == 202
    ended = basics.wait(name)
    assert (ended["runtimeStatus"], ended["output"]) == ("Terminated", "no need")
    assert basics.durable("POST", path).status_code == 410
    assert basics.durable("POST", f"instances/{new_id()}/terminate").status_code == 404


def test_suspend_and_resume(basics: RunningHost) -> None:
    name = basics.begin("approval")
    basics.wait(name, "Running")
    assert basics.durable("POST", f"instances/{name}/resume").status_code == 500
    assert basics.durable("POST", f"instances/{name}/suspend?reason=pause").status_code == 202
    assert basics.wait(name, "Suspended")["output"] == "pause"
    assert basics.durable("POST", f"instances/{name}/suspend").status_code == 500
    assert basics.durable("POST", f"instances/{name}/resume?reason=on").status_code == 202
    assert basics.wait(name, "Running")["output"] is None
    assert basics.raise_event(name, "Go", 1) == 202
    assert basics.wait(name)["output"] == 1
    assert basics.durable("POST", f"instances/{name}/resume").status_code == 410


def test_rewind_by_state(basics: RunningHost) -> None:
    unknown = basics.durable("POST", "instances/nobody/rewind")
    assert unknown.status_code == 404
    assert unknown.json() == 'No orchestration with instance ID "$nobody" found.'
    done = basics.begin("hello", "x")
    basics.wait(done)
    refused = basics.durable("POST", f"instances/{done}/rewind")
    assert refused.status_code == 412
    assert refused.json() == (
        "This orchestration has status Completed, but only orchestrations in the "
        '"Failed" state can be rewound.'
    )
    running = basics.begin("approval")
    basics.wait(running, "Running")
    assert basics.durable("POST", f"instances/{running}/rewind").status_code == 412
    failed = basics.begin("fails")
    basics.wait(failed)
    assert basics.durable("POST", f"instances/{failed}/rewind?reason=x").status_code == 202
    assert basics.wait(failed)["runtimeStatus"] == "Failed"


def test_restart_reuses_the_input(basics: RunningHost) -> None:
    name = basics.begin("hello", "x")
    basics.wait(name)
    answer = basics.durable("POST", f"instances/{name}/restart")
    other = answer.json()["id"]
    assert (answer.status_code, list(answer.json())) == (202, START_KEYS)
    assert other != name
    assert basics.wait(other)["output"] == "Hello x"
    same = basics.durable("POST", f"instances/{name}/restart?restartWithNewInstanceId=false")
    assert same.json()["id"] == name


def test_restart_of_an_unknown_or_active_instance(basics: RunningHost) -> None:
    unknown = basics.durable("POST", f"instances/{new_id()}/restart")
    assert unknown.status_code == 400
    assert unknown.json()["Message"] == "InstanceId does not match a valid orchestration instance."
    active = basics.begin("approval")
    path = f"instances/{active}/restart?restartWithNewInstanceId=false"
    assert basics.durable("POST", path).status_code == 409


# Purge


def test_instance_that_is_alive_cannot_be_purged(basics: RunningHost) -> None:
    name = basics.begin("approval")
    for status in ("Running", "Suspended"):
        basics.wait(name, status)
        answer = basics.durable("DELETE", f"instances/{name}")
        assert answer.status_code == 412
        assert answer.json() == (
            "Only orchestrations in a terminal state can be purged, but the orchestration with "
            f"instance ID {name} has status {status}"
        )
        basics.durable("POST", f"instances/{name}/suspend")
    assert basics.status(name)["runtimeStatus"] == "Suspended"


def test_purge_deletes_an_instance(basics: RunningHost) -> None:
    name = basics.begin("hello", "x")
    basics.wait(name)
    answer = basics.durable("DELETE", f"instances/{name}")
    assert (answer.status_code, answer.json()) == (200, {"instancesDeleted": 1})
    assert basics.durable("DELETE", f"instances/{name}").status_code == 404
    assert basics.durable("GET", f"instances/{name}").status_code == 404


def test_purge_by_filter_needs_a_time_and_takes_ended_instances_only(basics: RunningHost) -> None:
    missing = basics.durable("DELETE", "instances/")
    assert (missing.status_code, type(missing.json())) == (400, str)
    nothing = basics.durable("DELETE", "instances/?createdTimeFrom=2999-01-01T00:00:00Z")
    assert nothing.status_code == 404

    terminated = basics.begin("approval")
    basics.durable("POST", f"instances/{terminated}/terminate")
    basics.wait(terminated)
    active = basics.begin("approval")
    answer = basics.durable(
        "DELETE", "instances/?createdTimeFrom=2020-01-01T00:00:00Z&runtimeStatus=Terminated,Running"
    )
    assert answer.json()["instancesDeleted"] >= 1
    assert basics.status(terminated) == {}
    assert basics.status(active) != {}


# What does not exist


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "instances/x"),
        ("POST", "instances/x/explode"),
        ("GET", "instances/x/terminate"),
        ("PUT", "instances/x"),
        ("GET", "orchestrators/hello"),
        ("GET", "nothing"),
        ("GET", ""),
    ],
)
def test_other_paths_and_verbs_are_404(basics: RunningHost, method: str, path: str) -> None:
    answer = basics.durable(method, path)
    assert (answer.status_code, answer.content) == (404, b"")


def test_entities_are_answered_as_by_an_app_without_any(basics: RunningHost) -> None:
    answer = basics.durable("POST", "entities/counter/one?op=add")
    assert answer.status_code == 400
    assert "No entity functions are currently registered" in answer.json()["Message"]
    assert basics.durable("GET", "entities").json() == []


# The Python client over the RPC listener


def client(host: RunningHost, operation: str, name: str = "", body: Any = None) -> Any:
    path = f"api/client/{operation}" + (f"/{name}" if name else "")
    return host.call("POST", path, json=body)


def test_the_python_client_starts_with_a_doubly_encoded_input(basics: RunningHost) -> None:
    name = new_id()
    answer = client(basics, "start", name, {"name": "hello", "input": "you"})
    assert answer.status_code == 202
    assert list(answer.json()) == [
        *START_KEYS[:4],
        "rewindPostUri",
        *START_KEYS[4:],
    ]
    assert answer.headers["Location"].startswith(basics.url("runtime/webhooks/durabletask/"))
    ended = basics.wait(name)
    assert (ended["input"], ended["output"]) == ('"you"', "Hello you")


def test_the_python_client_waits_for_completion(basics: RunningHost) -> None:
    done = client(basics, "wait", body={"name": "hello", "input": "you"})
    assert (done.status_code, done.text) == (200, "Hello you")
    failed = client(basics, "wait", body={"name": "fails"})
    assert (failed.status_code, failed.json()["runtimeStatus"]) == (500, "Failed")


def test_the_python_client_reports_refusals(basics: RunningHost) -> None:
    name = basics.begin("approval")
    basics.wait(name, "Running")
    active = client(basics, "start", name, {"name": "approval"}).json()["raised"]
    assert active == (
        "{'Message': 'An Orchestration instance with the status Running already exists.'}"
    )


def test_the_python_client_sends_messages(basics: RunningHost) -> None:
    name = basics.begin("approval")
    basics.wait(name, "Running")
    assert client(basics, "suspend", name).json() is None
    basics.wait(name, "Suspended")
    assert client(basics, "resume", name).json() is None
    basics.wait(name, "Running")
    assert client(basics, "raise", name, {"event": "Go", "data": {"a": 1}}).json() is None
    assert basics.wait(name)["output"] == '{"a": 1}', "the client encodes event data twice"
    assert client(basics, "terminate", name).json() is None, "410 is silent"
    assert "raised" in client(basics, "terminate", new_id()).json()


def test_the_python_client_reads_and_deletes(basics: RunningHost) -> None:
    name = basics.begin("hello", "x")
    basics.wait(name)
    assert client(basics, "status", name).json()["runtimeStatus"] == "Completed"
    assert client(basics, "status", new_id()).json() is None
    assert (
        name in client(basics, "status_all").json()
        or len(client(basics, "status_all").json()) == 100
    )
    assert client(basics, "restart", name).json()["id"] == name
    basics.wait(name)
    assert client(basics, "purge", name).json() == 1
    assert client(basics, "purge", name).json() == 0
    assert client(basics, "purge_by").json() >= 0


def test_call_http_hands_the_response_over(basics: RunningHost) -> None:
    name = basics.begin("fetches", basics.url("api/files/some/where"))
    assert basics.wait(name)["output"] == [200, "some/where"]


def test_a_sub_orchestration_is_an_instance_of_its_own(basics: RunningHost) -> None:
    name = basics.begin("nests")
    assert basics.wait(name)["output"] == "Hello child"
    shown = basics.status(name, "?showHistory=true")["historyEvents"]
    (child,) = [e for e in shown if e["EventType"] == "SubOrchestrationInstanceCompleted"]
    assert child["FunctionName"] == "hello"
    assert basics.status(child["InstanceId"])["output"] == "Hello child"


def test_a_hanging_instance_is_explained_on_the_console(basics: RunningHost) -> None:
    name = basics.begin("lost")
    basics.wait(name, "Running")
    until(
        lambda: f"lost: instance {name}: activity 'no_such_activity'" in basics.output, "a warning"
    )
