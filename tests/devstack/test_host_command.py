"""`dev.py host`: the stand-in host for apps that live elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from devstack.cli import host
from devstack.cli.__main__ import main
from devstack.environment.root import ROOT
from devstack.functions_host.foreign.interpreters import Interpreter, choose, inspect
from devstack.functions_host.foreign.packages import (
    LAUNCHER,
    InterpreterError,
    host_packages,
    python_version,
)


def test_folder_without_an_app_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["host", "--app", str(tmp_path)]) == 1

    assert "there is no host.json in it" in capsys.readouterr().err


def test_packages_of_the_host_come_after_those_of_the_app(tmp_path: Path) -> None:
    """The app's own packages win; those it lacks are found in the host's folder."""
    (tmp_path / "host.json").write_text('{"version": "2.0"}')
    (tmp_path / "function_app.py").write_text(
        "import sys\nimport only_the_host_has_it\nprint('path', sys.path[0], sys.path[-1])\n"
        "raise SystemExit(7)\n"
    )
    packages = tmp_path / "packages"
    packages.mkdir()
    (packages / "only_the_host_has_it.py").touch()
    (packages / "json.py").write_text("raise ImportError('the host came first')")

    done = subprocess.run(
        [sys.executable, str(LAUNCHER), str(packages), "--app", str(tmp_path), "--port", "1"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 7, done.stderr
    assert f"path {tmp_path} {packages}" in done.stdout


def test_interpreter_that_does_not_run_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)

    with pytest.raises(InterpreterError, match="does not run"):
        python_version(broken)


def test_interpreter_that_is_too_old_is_named(tmp_path: Path) -> None:
    old = tmp_path / "python"
    old.write_text("#!/bin/sh\necho 3.9\n")
    old.chmod(0o755)

    with pytest.raises(InterpreterError, match=r"needs Python 3\.11 or later; the app has 3\.9"):
        python_version(old)


def test_packages_that_cannot_be_installed_are_tried_again(tmp_path: Path) -> None:
    """An installer that fails leaves no folder behind that would pass for a finished one."""
    constraints = tmp_path / "constraints.txt"
    constraints.write_text("aiohttp==3.9\n")
    installer = tmp_path / "pip"
    installer.write_text("#!/bin/sh\necho 'no network' >&2\nexit 1\n")
    installer.chmod(0o755)

    def install() -> Path:
        return host_packages(
            Path(sys.executable),
            parent=tmp_path,
            constraints=constraints,
            installer=[str(installer)],
        )

    with pytest.raises(InterpreterError, match="no network"):
        install()
    installer.write_text('#!/bin/sh\nfor last; do :; done\nmkdir -p "$7"\n')
    folder = install()
    installer.write_text("#!/bin/sh\nexit 1\n")

    assert install() == folder


def environment_in(folder: Path, **packages: str) -> Path:
    """Make a folder that looks like a virtual environment with these packages in it."""
    script = folder / "bin" / "python"
    script.parent.mkdir(parents=True)
    site = folder / "site"
    for package, version in packages.items():
        name = package.replace("_", "-")
        info = site / f"{package}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    # `-S` hides the packages of the interpreter that really runs.
    script.write_text(f'#!/bin/sh\nPYTHONPATH="{site}" exec "{sys.executable}" -S "$@"\n')
    script.chmod(0o755)
    return script


def test_interpreter_is_the_named_the_activated_that_of_the_app_or_our_own(tmp_path: Path) -> None:
    app, own = tmp_path / "app", environment_in(tmp_path / "own")
    named = environment_in(tmp_path / "named")
    activated = environment_in(tmp_path / "activated")
    its_own = environment_in(app / ".venv")
    active = {"VIRTUAL_ENV": str(activated.parents[1])}

    assert choose(str(named), app, active, own).path == named
    assert choose(str(named.parents[1]), app, active, own).path == named, "the folder will do"
    assert choose(None, app, active, own).path == activated
    assert choose(None, app, {"CONDA_PREFIX": str(activated.parents[1])}, own).path == activated
    assert choose(None, app, {}, own).path == its_own
    assert choose(None, app, {"VIRTUAL_ENV": str(own.parents[1])}, own).path == its_own
    assert choose(None, tmp_path, {}, own).path == own


@pytest.mark.parametrize(
    ("named", "activated", "reason"),
    [
        ("no-such-python", None, "There is no Python at 'no-such-python', which --python names."),
        (None, "gone", r"There is no Python in the activated environment .*gone \(VIRTUAL_ENV\)"),
    ],
)
def test_interpreter_that_is_not_there_is_named(
    tmp_path: Path, named: str | None, activated: str | None, reason: str
) -> None:
    environment = {"VIRTUAL_ENV": str(tmp_path / activated)} if activated else {}

    with pytest.raises(InterpreterError, match=reason):
        choose(named, tmp_path, environment, Path(sys.executable))


@pytest.mark.parametrize(
    ("packages", "reason"),
    [
        ({}, "The Python of a test has no azure-functions; this host runs apps with 1.x or 2.x"),
        ({"azure_functions_durable": "1.7.0"}, "has no azure-functions;"),
        (
            {"azure_functions": "1.26.0", "azure_functions_durable": "2.0.1"},
            "has azure-functions-durable 2.0.1; this host runs apps with 1.x",
        ),
    ],
)
def test_interpreter_without_the_right_packages_is_refused(
    tmp_path: Path, packages: dict[str, str], reason: str
) -> None:
    interpreter = Interpreter(environment_in(tmp_path / "env", **packages), "of a test")
    (tmp_path / "requirements.txt").touch()

    with pytest.raises(InterpreterError) as refused:
        inspect(interpreter, tmp_path)

    assert reason in str(refused.value)
    assert f"-m pip install -r {tmp_path / 'requirements.txt'}" in str(refused.value)


def test_app_without_durable_functions_needs_no_package_for_them(tmp_path: Path) -> None:
    interpreter = Interpreter(environment_in(tmp_path, azure_functions="1.26.0"), "of a test")

    version = ".".join(map(str, sys.version_info[:2]))
    assert str(inspect(interpreter, tmp_path)) == f"Python {version}, azure-functions 1.26.0"


def test_console_says_which_interpreter_runs_the_app(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "host.json").write_text('{"version": "2.0"}')
    (tmp_path / "function_app.py").write_text("raise SystemExit(7)\n")
    command = [sys.executable, "-m", "devstack.cli", "host", "--app", str(tmp_path)]
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}

    done = subprocess.run(command, cwd=ROOT, env=environment, check=False)

    assert done.returncode == 7
    said = capfd.readouterr().out
    assert "azure-functions-durable 1." in said
    assert f"{sys.executable} (of docflow's environment)" in said


def test_port_of_the_app_is_taken_unless_an_option_names_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "host.json").write_text('{"version": "2.0"}')
    begun: list[list[str]] = []

    def become(command: list[str], *, folder: Path) -> int:
        begun.append([*command, str(folder)])
        return 0

    monkeypatch.setattr(host, "become", become)
    monkeypatch.delenv("DOCFLOW_FUNCTIONS_PORT", raising=False)

    main(["host", "--app", str(tmp_path)])
    main(["host", "--app", str(tmp_path), "--port", "7072"])

    assert "--port" not in begun[0]
    assert begun[1][begun[1].index("--port") + 1] == "7072"
