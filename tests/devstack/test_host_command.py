"""`dev.py host`: the stand-in host for apps that live elsewhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from devstack.cli.__main__ import main
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
