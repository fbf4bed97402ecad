"""`dev.py test` runs all tests in parallel, and a skipped one fails a build server even so."""

from __future__ import annotations

import os
import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from types import SimpleNamespace

import pytest

from devstack.cli import run_tests
from devstack.environment.root import ROOT

PLUGIN = next((ROOT / "devstack").rglob("*no_skips.py"))
PASSES = "def test_a(): pass\n"
SKIPS = "import pytest\ndef test_b(): pytest.skip('no such tool')\n"
FILE_SKIPS = "import pytest\npytest.skip('no such tool', allow_module_level=True)\n"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the command that is started in place of this process, once there is one."""
    command: list[str] = []
    tools = SimpleNamespace(node=Path("node"), azurite_js=Path("a.js"), tessdata=Path("t"))
    monkeypatch.setattr(run_tests, "ensure_environment", lambda: tools)

    def note(given: list[str], **_: object) -> int:
        command.extend(given)
        return 0

    monkeypatch.setattr(run_tests, "become", note)
    monkeypatch.setattr("os.environ", {"PATH": os.environ["PATH"]})
    return command


def test_all_tests_run_in_parallel(started: list[str]) -> None:
    run_tests.run(Namespace(rest=["-x"], pytest=["-q"], engine=None))

    assert started[1:] == ["-m", "pytest", "-n", "auto", "-x", "-q"]


@pytest.mark.parametrize("chosen", ["tests/unit", "tests/conftest.py", "tests/conftest.py::test_a"])
def test_tests_that_are_named_run_in_one_process(started: list[str], chosen: str) -> None:
    run_tests.run(Namespace(rest=[], pytest=[chosen], engine=None))

    assert started[1:] == ["-m", "pytest", chosen]


@pytest.mark.parametrize(
    ("code", "passes"), [(PASSES, True), (PASSES + SKIPS, False), (FILE_SKIPS, False)]
)
def test_a_skip_in_a_worker_fails_the_run_and_is_named_once(
    tmp_path: Path, code: str, passes: bool
) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_it.py").write_text(code)
    (tmp_path / "test_other.py").write_text(PASSES)
    plugin = ".".join(PLUGIN.relative_to(ROOT).with_suffix("").parts)

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", plugin, "-p", "xdist.plugin", "-n", "2", tmp_path],
        cwd=ROOT,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode == 0) is passes, done.stdout
    named = done.stdout.partition("which fails the run here")[2]
    assert named.count("test_it.py") == (0 if passes else 1)
