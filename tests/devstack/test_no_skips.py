"""On a build server a skipped test fails the run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from devstack.environment.root import ROOT

HEAD = "import pytest\n"
PASSES = "def test_a(): pass\n"
SKIPS = "def test_b(): pytest.skip('no such tool')\n"
MARKED = "@pytest.mark.skipif(True, reason='no such tool')\ndef test_c(): pass\n"
FILE_SKIPS = "pytest.skip('no such tool', allow_module_level=True)\n"
LIVE = "@pytest.mark.live\ndef test_d(): pytest.skip('no account')\n"
FIDELITY = "@pytest.mark.fidelity\ndef test_f(): pytest.skip('no newer Python')\n"
STAND_IN = "@pytest.mark.stand_in\ndef test_g(): pytest.skip('another engine')\n"
EXPECTED = "@pytest.mark.xfail\ndef test_e(): assert False\n"


def run(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text(HEAD + code)
    markers = "live: an account\n    fidelity: a newer Python\n    stand_in: the stand-in host"
    (folder / "pytest.ini").write_text(f"[pytest]\nmarkers =\n    {markers}\n")
    command = [sys.executable, "-m", "pytest", "-p", "devstack.checks.no_skips"]
    return subprocess.run(
        [*command, "--rootdir", str(folder), "-c", str(folder / "pytest.ini"), str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("code", ["", LIVE, FIDELITY, STAND_IN, EXPECTED])
def test_run_without_skips_passes(tmp_path: Path, code: str) -> None:
    assert run(tmp_path, PASSES + code).returncode == 0


@pytest.mark.parametrize("code", [PASSES + SKIPS, PASSES + MARKED, FILE_SKIPS])
def test_run_with_a_skip_fails_and_names_it(tmp_path: Path, code: str) -> None:
    done = run(tmp_path, code)

    assert done.returncode != 0
    assert "skipped, which fails the run here" in done.stdout
    assert "test_it.py" in done.stdout.partition("which fails the run here")[2]


def test_skip_that_is_allowed_is_named_with_its_reason(tmp_path: Path) -> None:
    done = run(tmp_path, PASSES + FIDELITY)

    assert "test_it.py::test_f: Skipped: no newer Python" in done.stdout
