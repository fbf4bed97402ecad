"""The command line takes what the contract says, and explains what it does not take."""

from __future__ import annotations

import pytest

from devstack.cli.__main__ import main
from devstack.cli.arguments import parser
from devstack.stack.config import Ports, choose_ports
from devstack.stack.errors import StackError

COMMANDS = [
    "demo", "test", "up", "drop", "status", "approve", "reject", "host", "check", "bench",
    "eval", "lock",
]  # fmt: skip


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--help"])

    assert stop.value.code == 0
    shown = capsys.readouterr().out
    assert all(f"\n    {command} " in shown for command in COMMANDS)
    assert all(len(line) <= 90 for line in shown.splitlines())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])

    assert stop.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: dev.py {command}")


@pytest.mark.parametrize(
    "line", ["", "deploy", "up --engine docker", "up --port seven", "up --port 65536", "drop"]
)
def test_wrong_usage_ends_with_2(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(line.split())

    assert stop.value.code == 2
    assert "error:" in capsys.readouterr().err


def test_a_command_that_is_stopped_while_it_loads_ends_quietly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stopped(_name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("importlib.import_module", stopped)

    assert main(["status"]) == 130


def test_unknown_option_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["status", "--colour"])

    assert stop.value.code == 2
    assert "unrecognized arguments: --colour" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "rest"),
    [
        ("host --app app --enableAuth --port 7080 --functions one two", "--enableAuth --functions"),
        ("test -k unit --maxfail=1", "-k --maxfail=1"),
    ],
)
def test_options_of_other_programs_are_passed_on(line: str, rest: str) -> None:
    known, passed_on = parser().parse_known_args(line.split())

    everything = [*passed_on, *getattr(known, "pytest", [])]
    assert set(rest.split()) <= set(everything)


def test_option_wins_over_variable_and_variable_over_default() -> None:
    environ = {"DOCFLOW_FUNCTIONS_PORT": "8071", "DOCFLOW_SERVICES_PORT": "8072"}

    ports = choose_ports({"functions": 9071, "services": None}, environ)

    assert ports == Ports(functions=9071, services=8072)


def test_port_variable_that_is_no_port_is_named() -> None:
    with pytest.raises(StackError, match="DOCFLOW_BLOB_PORT must be a port"):
        choose_ports({}, {"DOCFLOW_BLOB_PORT": "blob"})


def test_port_given_twice_is_refused() -> None:
    with pytest.raises(StackError, match=r"7072 .*twice: .*--port.*--services-port"):
        choose_ports({"functions": 7072}, {})
