"""What the console says of each invocation: when it runs, how it ended, where it failed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from devstack.functions_host.testing import RunningHost, until

pytestmark = pytest.mark.host
HostOf = Callable[..., RunningHost]

CODE = """
import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route()
async def greets(req: func.HttpRequest) -> str:
    return "hello"


@app.route()
def forgets_to_answer(req: func.HttpRequest):
    pass


@app.activity_trigger(input_name="value")
def divides(value: int) -> float:
    return quotient(value)


def quotient(value):
    return 1 / value


@app.activity_trigger(input_name="value")
def cannot_be_json(value: int):
    return {1, 2}


@app.orchestration_trigger(context_name="context")
def story(context):
    return (yield context.call_activity(context.get_input()["step"], 0))


@app.orchestration_trigger(context_name="context")
def misspells(context):
    yield context.call_activity("divides", 1)
    return {"written": 1}["read"]


@app.timer_trigger(arg_name="timer", schedule="0 0 0 1 1 *", run_on_startup=True)
def at_start(timer: func.TimerRequest) -> None:
    pass
"""
_ID = "[0-9a-f-]{36}"


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "function_app.py").write_text(CODE, encoding="utf-8")
    (folder / "host.json").write_text('{"version": "2.0"}', encoding="utf-8")
    return folder


def executed(host: RunningHost, name: str, end: str) -> str:
    """Wait for the line that an invocation ends with; return what stands below it."""
    line = rf"Executed 'Functions\.{name}' \({end}, Id={_ID}, Duration=\d+ms\)\n"
    match = until(lambda: re.search(line, host.output), f"{name} to have {end}")
    below = host.output[match.end() :]
    return re.split(r"^\[\d{4}-", below, maxsplit=1, flags=re.MULTILINE)[0]


def test_each_invocation_has_two_lines_with_the_same_id(host_of: HostOf, app: Path) -> None:
    host = host_of(app)
    host.call("GET", "api/greets")
    host.wait(host.begin("story", {"step": "divides"}))
    executed(host, "greets", "Succeeded")
    executed(host, "at_start", "Succeeded")
    executed(host, "divides", "Failed")
    reasons = re.findall(
        rf"Executing 'Functions\.(\w+)' \(Reason='([^']*)', Id=({_ID})\)", host.output
    )
    ends = re.findall(rf"Executed 'Functions\.(\w+)' \(\w+, Id=({_ID}), ", host.output)
    assert sorted((name, number) for name, _, number in reasons) == sorted(ends)
    assert {name: reason for name, reason, _ in reasons if name != "at_start"} == {
        "greets": "This function was programmatically called via the host APIs.",
        "story": "(null)",
        "divides": "(null)",
    }
    assert re.search(r"'Functions\.at_start' \(Reason='Timer fired at \d{4}-", host.output)


def test_traceback_of_an_activity_begins_in_the_app(host_of: HostOf, app: Path) -> None:
    host = host_of(app)
    host.wait(host.begin("story", {"step": "divides"}))
    lines = executed(host, "divides", "Failed").splitlines()
    files = [line.split('"')[1] for line in lines if line.startswith("  File")]
    assert files == [str(app / "function_app.py")] * 2
    assert lines[-1] == "ZeroDivisionError: division by zero"


def test_traceback_of_an_orchestrator_is_that_of_its_own_error(host_of: HostOf, app: Path) -> None:
    host = host_of(app)
    host.wait(host.begin("misspells"))
    below = executed(host, "misspells", "Failed")
    assert 'return {"written": 1}["read"]' in below
    assert below.splitlines()[-1] == "KeyError: 'read'"
    assert "OutOfProcData" not in below
    assert below.count("  File") == 1


@pytest.mark.parametrize("folder", ["site-packages", "functions_host"])
def test_no_frame_of_the_host_or_the_sdk_leads_to_the_app(
    host_of: HostOf, app: Path, folder: str
) -> None:
    host = host_of(app)
    host.call("GET", "api/forgets_to_answer")
    for step in ("divides", "cannot_be_json"):
        host.wait(host.begin("story", {"step": step}))
    executed(host, "cannot_be_json", "Failed")
    frames = [line for line in host.output.splitlines() if line.startswith("  File")]
    assert frames
    assert not [line for line in frames if folder in line]


def test_function_without_an_answer_is_named(host_of: HostOf, app: Path) -> None:
    host = host_of(app)
    assert host.call("GET", "api/forgets_to_answer").status_code == 500
    below = executed(host, "forgets_to_answer", "Failed")
    assert "returned None" in below


def test_lines_of_invocations_obey_their_category(host_of: HostOf, app: Path) -> None:
    levels = {"default": "Information", "Function": "Error"}
    (app / "host.json").write_text(json.dumps({"version": "2.0", "logging": {"logLevel": levels}}))
    host = host_of(app)
    host.call("GET", "api/greets")
    host.wait(host.begin("story", {"step": "divides"}))
    executed(host, "divides", "Failed")
    assert "Executing" not in host.output
    assert "Succeeded" not in host.output


def test_verbose_shows_the_way_through_the_host_too(host_of: HostOf, app: Path) -> None:
    host = host_of(app, "--verbose")
    host.call("GET", "api/forgets_to_answer")
    until(lambda: "functions_host/web/http_values.py" in host.output, "the frames of the host")


def test_error_of_the_import_shows_the_frames_of_the_app(host_of: HostOf, app: Path) -> None:
    (app / "function_app.py").write_text("import late\n")
    (app / "late.py").write_text("import not_installed_anywhere\n")
    host = RunningHost(app, app / "state.sqlite")
    host.start(wait=False)
    assert host.exit_code() == 1
    assert host.output.count("  File") == 2
    assert "there is no module 'not_installed_anywhere' in the app's folder" in host.output
