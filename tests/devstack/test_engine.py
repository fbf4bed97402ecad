"""One switch says which Functions host runs the app, in every command and in the tests."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType

import pytest

from devstack.cli import bench, run_tests
from devstack.cli.arguments import parser
from devstack.environment.root import ROOT
from devstack.environment.tools import Environment
from devstack.stack.config import Ports, StackConfig
from devstack.stack.engine import choose_engine, func_program, wanted_engine
from devstack.stack.errors import StackError
from devstack.stack.programs import local_programs

NOWHERE = {"PATH": ""}


@pytest.fixture
def func(tmp_path: Path) -> Path:
    """A program of the name of Core Tools."""
    program = tmp_path / "func"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    ("option", "environ", "wanted"),
    [
        (None, {}, "local"),
        (None, {"DOCFLOW_ENGINE": ""}, "local"),
        (None, {"DOCFLOW_ENGINE": "func"}, "func"),
        ("auto", {"DOCFLOW_ENGINE": "func"}, "auto"),
    ],
)
def test_option_wins_over_variable_and_variable_over_default(
    option: str | None, environ: dict[str, str], wanted: str
) -> None:
    assert wanted_engine(option, environ) == wanted


def test_variable_that_names_no_engine_is_refused() -> None:
    with pytest.raises(StackError, match="DOCFLOW_ENGINE must be one of auto, func, local"):
        wanted_engine(None, {"DOCFLOW_ENGINE": "docker"})


def test_auto_takes_func_where_it_is_found(func: Path) -> None:
    assert choose_engine("auto", {"PATH": str(func.parent)}) == "func"
    assert choose_engine("auto", {**NOWHERE, "DOCFLOW_FUNC": str(func)}) == "func"
    assert choose_engine("auto", NOWHERE) == "local"


def test_func_that_is_wanted_and_missing_is_an_error() -> None:
    with pytest.raises(StackError, match="not on the PATH"):
        choose_engine("func", NOWHERE)


def test_func_that_is_named_and_no_program_is_an_error(func: Path) -> None:
    func.chmod(0o644)
    with pytest.raises(StackError, match="DOCFLOW_FUNC must be a program"):
        func_program({"DOCFLOW_FUNC": str(func)})


@pytest.mark.parametrize("command", ["demo", "up", "test", "bench"])
def test_every_command_that_starts_a_stack_has_the_switch(command: str) -> None:
    assert parser().parse_args([command, "--engine", "func"]).engine == "func"
    assert parser().parse_args([command]).engine is None


@pytest.mark.parametrize(
    "line", ["--engine func tests/unit -q", "tests/unit -q --engine func", "-q --engine func x"]
)
def test_engine_of_the_tests_is_handed_on_and_pytest_never_sees_it(
    line: str, func: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = commands_of(run_tests, monkeypatch)
    monkeypatch.setattr(run_tests, "ensure_environment", lambda: tools(func.parent))
    monkeypatch.setattr(os, "environ", {"PATH": str(func.parent)})
    known, rest = parser().parse_known_args(["test", *line.split()])
    known.rest = rest

    run_tests.run(known)

    assert os.environ["DOCFLOW_ENGINE"] == "func"
    assert not {"--engine", "func"} & set(commands[0])


def test_engine_of_the_benchmarks_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    commands = commands_of(bench, monkeypatch)
    monkeypatch.setattr(os, "environ", {"DOCFLOW_ENGINE": "func"})

    bench.run(parser().parse_args(["bench", "--engine", "local", "history"]))

    assert os.environ["DOCFLOW_ENGINE"] == "local"
    assert commands[0][-1] == "history"


def test_func_runs_the_app_without_traces_where_nothing_takes_them(
    func: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCFLOW_FUNC", str(func))
    monkeypatch.delenv("APPLICATIONINSIGHTS_CONNECTION_STRING", raising=False)
    config = StackConfig(Ports(), func.parent, engine="func")
    version = "AzureFunctionsJobHost__extensions__durableTask__tracing__version"

    plain, traced = (
        local_programs(config, tools(func.parent), settings).host
        for settings in ({}, {"APPLICATIONINSIGHTS_CONNECTION_STRING": "InstrumentationKey=0"})
    )

    assert plain.command == [str(func), "start", "--port", "7071"]
    assert plain.folder == ROOT
    assert plain.environment[version] == "None"
    assert version not in traced.environment


def commands_of(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Return the list that gets each command which a module becomes from now on."""
    commands: list[list[str]] = []

    def become(command: list[str], *, folder: Path) -> int:
        assert folder == ROOT
        commands.append(command)
        return 0

    monkeypatch.setattr(module, "become", become)
    return commands


def tools(folder: Path) -> Environment:
    return Environment(folder / "venv", folder / "node")
