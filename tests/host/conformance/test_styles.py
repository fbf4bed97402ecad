"""Apps that are written in other ways, with other settings."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from devstack.functions_host.testing import RunningHost, until

pytestmark = pytest.mark.host
APP = Path(__file__).parent / "apps" / "styles"


@pytest.fixture(scope="module")
def styles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    """Run the app ``styles``; the usual port of the durable RPC is taken."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        host = RunningHost(
            APP,
            tmp_path_factory.mktemp("styles") / "state.sqlite",
            [f"--rpc-port={taken.getsockname()[1]}"],
            {"PYTHON_SCRIPT_FILE_NAME": "main_script.py", "HUB": "StylesHub"},
        )
        host.start()
        yield host
        host.end()


def test_blueprints_and_given_names(styles: RunningHost) -> None:
    name = styles.begin("the story")
    ended = styles.wait(name)
    assert (ended["name"], ended["output"]) == ("The Story", ["STEP_ONE:7", "2.0"])
    shown = styles.status(name, "?showHistory=true")["historyEvents"]
    tasks = [e for e in shown if e["EventType"] == "TaskCompleted"]
    assert [(t["FunctionName"], json.loads(t["Input"])) for t in tasks] == [
        ("step-1", ["7"]),
        ("second", ['"step_one:7"']),
    ]


def test_an_orchestrator_on_a_generic_trigger(styles: RunningHost) -> None:
    assert styles.wait(styles.begin("generic_story"))["output"] == "BY HAND"


def test_the_client_binding_is_the_string_of_the_extension(styles: RunningHost) -> None:
    binding = json.loads(styles.call("GET", "v1/api/binding").text)
    base = f"http://localhost:{styles.port}/runtime/webhooks/durabletask"
    assert list(binding) == [
        "taskHubName",
        "connectionName",
        "creationUrls",
        "managementUrls",
        "baseUrl",
        "requiredQueryStringParameters",
        "rpcBaseUrl",
        "httpBaseUrl",
    ]
    assert binding["taskHubName"] == "StylesHub"
    assert binding["baseUrl"] == base
    assert binding["creationUrls"]["createNewInstancePostUri"].startswith(
        f"{base}/orchestrators/{{functionName}}[/{{instanceId}}]?code="
    )
    assert binding["managementUrls"]["id"] == "INSTANCEID"
    port = int(binding["rpcBaseUrl"].removeprefix("http://127.0.0.1:").split("/")[0])
    assert 30000 <= port <= 31000, "another port, as the usual one is taken"


def test_more_requests_than_allowed_get_429(styles: RunningHost) -> None:
    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(styles.call, "GET", "v1/api/slow") for _ in range(4)]
    assert sorted(call.result().status_code for call in calls) == [200, 200, 429, 429]


def test_any_state_lets_an_active_instance_be_replaced(styles: RunningHost) -> None:
    name = styles.begin("waits", None, "replaced")
    styles.wait(name, "Running")
    styles.begin("waits", None, name)
    until(lambda: styles.raise_event(name, "Go", "second life") == 202, "the event to be taken")
    assert styles.wait(name)["output"] == "second life"


def test_a_timer_may_run_at_the_start(styles: RunningHost) -> None:
    until(lambda: "the timer ran at the start" in styles.output, "the print of the app")


def test_the_app_sees_the_fields_of_every_event(styles: RunningHost) -> None:
    name = styles.begin("looks_back")
    events = styles.wait(name)["output"]
    assert [event["_event_type"] for event in events] == [12, 0, 4, 13, 12, 5]
    assert [event["_event_id"] for event in events] == [-1, -1, 0, -1, -1, -1]
    assert [event["_is_played"] for event in events] == [False, True, False, False, False, False]
    assert events[2]["Name"] == "second"
    assert events[5]["TaskScheduledId"] == 0
