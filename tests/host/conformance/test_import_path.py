"""What an app finds when it imports: its own folders, whatever they are called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from devstack.functions_host.testing import RunningHost

pytestmark = pytest.mark.host
HostOf = Callable[..., RunningHost]

#: Names that packages of this repository have, and one that many apps have.
FOLDERS = ("activities", "orchestrators", "triggers", "docflow", "devstack", "samples", "tests")

CODE = """
import importlib
import azure.durable_functions as df
import azure.functions as func
from activities.steps import bp

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
app.register_functions(bp)


@app.route(route="word/{folder}")
def word(req: func.HttpRequest) -> str:
    return importlib.import_module(req.route_params["folder"] + ".words").WORD


@app.route(route="exists/{module}")
def exists(req: func.HttpRequest) -> str:
    try:
        return importlib.import_module(req.route_params["module"]).__file__ or "a folder"
    except ModuleNotFoundError:
        return "no"


@app.orchestration_trigger(context_name="context")
def story(context):
    return (yield context.call_activity("step", "x"))
"""
STEPS = """
import azure.durable_functions as df
import utils

bp = df.Blueprint()


@bp.activity_trigger(input_name="value")
def step(value: str) -> str:
    from devstack.words import WORD
    return utils.twice(value) + WORD
"""


@pytest.fixture(params=["with __init__.py", "without __init__.py"])
def app(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    folder = tmp_path / "app"
    for name in FOLDERS:
        (folder / name).mkdir(parents=True)
        (folder / name / "words.py").write_text(f'WORD = "the {name} of the app"\n')
        if request.param == "with __init__.py":
            (folder / name / "__init__.py").touch()
    (folder / "activities" / "steps.py").write_text(STEPS)
    (folder / "utils.py").write_text("def twice(text):\n    return text * 2\n")
    (folder / "function_app.py").write_text(CODE)
    (folder / "host.json").write_text('{"version": "2.0"}')
    return folder


def test_folders_of_the_app_win_over_those_of_this_repository(host_of: HostOf, app: Path) -> None:
    host = host_of(app)
    for folder in FOLDERS:
        assert host.call("GET", f"api/word/{folder}").text == f"the {folder} of the app"
    assert host.wait(host.begin("story"))["output"] == "xxthe devstack of the app"


@pytest.mark.parametrize("app", ["without __init__.py"], indirect=True)
def test_nothing_of_this_repository_is_there_to_import(host_of: HostOf, app: Path) -> None:
    host = host_of(app)
    for module in ("testkit", "benchmarks", "devstack.functions_host", "devstack.cli"):
        assert host.call("GET", f"api/exists/{module}").text == "no", module
