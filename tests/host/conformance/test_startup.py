"""Starting and stopping: the banner, what is refused and how, signals."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devstack.functions_host.testing import RunningHost

pytestmark = pytest.mark.host
APPS = Path(__file__).parent / "apps"
HostOf = Callable[..., RunningHost]
Refused = Callable[..., str]
YEARLY = {"OFTEN": "0 0 0 1 1 *"}

HEAD = """
import azure.functions as func
import azure.durable_functions as df
from typing import Optional
app = df.DFApp()
"""


@pytest.fixture
def refused(tmp_path: Path) -> Iterator[Refused]:
    """Start a host that ends with exit code 1; return what it wrote."""
    hosts: list[RunningHost] = []

    def start(code: str = "", host_json: str = '{"version": "2.0"}', **options: object) -> str:
        app = tmp_path / "app"
        app.mkdir(exist_ok=True)
        (app / "function_app.py").write_text(HEAD + code, encoding="utf-8")
        (app / "host.json").write_text(host_json, encoding="utf-8")
        state = options.pop("state", tmp_path / "refused.sqlite")
        assert isinstance(state, Path)
        arguments = [f"--{name}={value}" for name, value in options.items() if name != "port"]
        port = options.get("port", 0)
        assert isinstance(port, int)
        host = RunningHost(app, state, arguments, port=port)
        hosts.append(host)
        host.start(wait=False)
        assert host.exit_code() == 1, host.output
        return host.output

    yield start
    for host in hosts:
        host.end()


def test_the_banner_lists_the_functions_as_func_start_does(host_of: HostOf) -> None:
    host = host_of("basics", **YEARLY)
    base = f"http://localhost:{host.port}/api"
    assert "Functions:\n" in host.output
    assert f"\techo: [GET,POST] {base}/echo/{{word}}/{{number:int?}}\n" in host.output
    assert f"\tfiles: {base}/files/{{*path}}\n" in host.output
    assert "\thello: orchestrationTrigger\n" in host.output
    assert "\toften: timerTrigger\n" in host.output


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_host_cleanly(host_of: HostOf, number: signal.Signals) -> None:
    host = host_of("basics", **YEARLY)
    host.begin("approval")
    assert host.stop(number) == 0


def test_only_the_named_functions_are_loaded(host_of: HostOf) -> None:
    host = host_of("basics", "--functions", "hello", "greet")
    listed = host.call("GET", "admin/functions").json()
    assert {function["name"] for function in listed} == {"hello", "greet"}


def test_a_port_in_use_is_one_clear_line(refused: Refused) -> None:
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        port = taken.getsockname()[1]
        output = refused(port=port)
    assert output.endswith(
        f"Port {port} is unavailable. Close the process using that port, or specify another port "
        "using --port [-p].\n"
    )


def test_a_second_host_on_the_same_state_file_is_refused(host_of: HostOf, refused: Refused) -> None:
    host = host_of("basics", **YEARLY)
    output = refused(state=host.state)
    assert output.startswith(f"Another host is using the state file {host.state}.")
    assert "--state" in output


def test_a_state_file_of_another_format_is_refused_with_what_to_do(
    refused: Refused, tmp_path: Path
) -> None:
    state = tmp_path / "old.sqlite"
    with sqlite3.connect(state) as old:
        old.execute("PRAGMA user_version = 99")
    old.close()
    output = refused(state=state)
    assert "has format 99" in output
    assert "Delete the file" in output


def test_a_file_that_is_no_state_file_is_refused(refused: Refused, tmp_path: Path) -> None:
    state = tmp_path / "text.sqlite"
    state.write_text("this is not a database, and long enough to be sure of that\n" * 20)
    assert "cannot be read" in refused(state=state)


def test_an_import_error_shows_its_traceback(refused: Refused) -> None:
    output = refused("import no_such_module_anywhere")
    assert "Traceback (most recent call last):" in output
    assert "ModuleNotFoundError: No module named 'no_such_module_anywhere'" in output


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("app = None", "Could not find top level function app instances in function_app.py."),
        ("other = df.DFApp()", "More than one DFApp or other top level function app instances"),
        (
            "@app.activity_trigger(input_name='x')\ndef a(x: Optional[dict]): pass",
            "cannot load the a function: binding x has invalid non-type annotation",
        ),
        (
            "@app.activity_trigger(input_name='x')\ndef a(x: dict | None): pass",
            "cannot load the a function: binding x has invalid non-type annotation",
        ),
        (
            "@app.activity_trigger(input_name='x')\ndef a(x: dict[str, int]): pass",
            "cannot load the a function: binding x has invalid non-type annotation",
        ),
        (
            "@app.orchestration_trigger(context_name='ctx')\ndef o(ctx): yield",
            'cannot load the o function: the "context" parameter is expected to be of type azure',
        ),
        (
            "@app.activity_trigger(input_name='x')\ndef a(x, y): pass",
            "the following parameters are declared in Python but not in the function definition",
        ),
        (
            "@app.activity_trigger(input_name='x')\ndef a(y): pass",
            "the following parameters are declared in Python but not in the function definition",
        ),
        (
            "@app.route()\ndef a(req: int) -> str: return ''",
            'dataType "httpTrigger" in the binding decorator do not match the corresponding',
        ),
        (
            "@app.function_name('same')\n@app.route()\ndef a(req): pass\n"
            "@app.function_name('same')\n@app.route()\ndef b(req): pass",
            "does not have a unique function name",
        ),
        ("@app.route(route='a/{b')\ndef a(req): pass", "cannot be understood"),
        (
            "@app.timer_trigger(arg_name='t', schedule='every day')\ndef a(t): pass",
            "The schedule expression 'every day' was not recognized",
        ),
        (
            "@app.timer_trigger(arg_name='t', schedule='%NOT_SET%')\ndef a(t): pass",
            "The app setting 'NOT_SET'",
        ),
        (
            "@app.blob_trigger(arg_name='b', path='in/{}', connection='X')\ndef a(b): pass",
            "empty or invalid token",
        ),
    ],
)
def test_what_the_worker_refuses_is_refused_with_its_reason(
    refused: Refused, code: str, reason: str
) -> None:
    output = refused(code)
    assert reason in output
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("host_json", "reason"),
    [
        ("{", "host.json is not valid JSON"),
        ("{}", '"version" has to be "2.0"'),
        ('{"version": "2.0", "functionTimeout": "soon"}', '"functionTimeout"'),
        (
            '{"version": "2.0", "extensions": {"durableTask": {"hubName": "1-bad"}}}',
            '"extensions.durableTask.hubName": a hub name has 3 to 45 letters and digits',
        ),
        (
            '{"version": "2.0", "extensions": '
            '{"durableTask": {"maxConcurrentActivityFunctions": 0}}}',
            '"extensions.durableTask.maxConcurrentActivityFunctions" has to be 1 or more',
        ),
    ],
)
def test_a_wrong_host_json_names_the_setting(refused: Refused, host_json: str, reason: str) -> None:
    assert reason in refused(host_json=host_json)


def test_functions_with_other_triggers_are_left_out_with_a_word(
    host_of: HostOf, tmp_path: Path
) -> None:
    app = tmp_path / "app"
    app.mkdir()
    code = (
        "@app.queue_trigger(arg_name='m', queue_name='q', connection='X')\ndef a(m): pass\n\n"
        "@app.route()\ndef served(req: func.HttpRequest) -> str: return 'yes'\n"
    )
    (app / "function_app.py").write_text(HEAD + code, encoding="utf-8")
    (app / "host.json").write_text(json.dumps({"version": "2.0"}), encoding="utf-8")
    host = host_of(app)
    assert host.call("GET", "api/served").text == "yes"
    assert "The function a is left out: this stand-in host has no queueTrigger" in host.output
