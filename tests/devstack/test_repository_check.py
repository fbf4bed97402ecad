"""Things that must not be committed are found, and this repository has none of them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from devstack.checks.repository import findings
from devstack.environment.root import ROOT

LEFT_OPEN = "TO" + "DO"


@pytest.mark.parametrize(
    ("name", "content", "finding"),
    [
        ("package-lock.json", '{"resolved": "x"}', "download addresses"),
        ("requirements.txt", "--extra-index-url https://example.com/simple", "each machine's own"),
        ("app.py", f"pass  # {LEFT_OPEN} later", "left open"),
        ("README.md", "cd /home" + "/ann/docflow", "a path of somebody's machine"),
        ("README.md", "cd C:\\Use" + "rs\\ann", "a path of somebody's machine"),
    ],
)
def test_thing_that_must_not_be_committed_is_found(
    tmp_path: Path, name: str, content: str, finding: str
) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / name).write_text(content)

    found = list(findings(tmp_path))

    assert len(found) == 1
    assert found[0].startswith(f"{name}: line 1: ")
    assert finding in found[0]


def test_path_of_this_very_copy_is_found(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / "notes.md").write_text(f"see {tmp_path}/notes.md")

    assert any("a path of this machine" in found for found in findings(tmp_path))


def test_ignored_files_are_nobodys_business(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / ".gitignore").write_text("*.log\n")
    (tmp_path / "run.log").write_text("/home" + "/ann/")

    assert list(findings(tmp_path)) == []


def test_lock_file_of_npm_pins_everything_and_names_no_address() -> None:
    lock = json.loads((ROOT / "devstack/azurite/package-lock.json").read_text(encoding="utf-8"))

    packages = [each for name, each in lock["packages"].items() if name]
    assert len(packages) > 100
    assert all(each["integrity"] and "resolved" not in each for each in packages)
    assert lock["packages"]["node_modules/azurite"]["version"] == "3.35.0"
