"""The commands work with an app that asks for keys, as one in Azure does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.cli.__main__ import main
from devstack.testing.letters import NOTICE, unique
from devstack.testing.whole_stack import WholeStack, whole_stack

pytestmark = [pytest.mark.host, pytest.mark.stand_in]


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WholeStack]:
    """A stack whose host asks for keys, and which the commands find."""
    folder = tmp_path / "local"
    folder.mkdir()
    monkeypatch.setenv("DOCFLOW_LOCAL_DIR", str(folder))
    with whole_stack(folder, keys=True) as stack:
        yield stack


@pytest.fixture
def notice(tmp_path: Path) -> Path:
    """A letter that has to wait for a decision."""
    file = tmp_path / "notice.txt"
    file.write_bytes(unique(NOTICE, "keys"))
    return file


def test_commands_work_with_a_key(
    stack: WholeStack,
    notice: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["status"]) == 1
    assert "DOCFLOW_APP_KEY" in capsys.readouterr().err

    monkeypatch.setenv("DOCFLOW_APP_KEY", stack.use_key("master"))
    assert main(["drop", str(notice), "--wait"]) == 0
    capsys.readouterr()
    assert main(["status", "notice.txt", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["status"] == "waiting"
    assert main(["approve", "notice.txt"]) == 0

    assert stack.ended(shown["id"])["status"] == "published"


def test_key_of_the_functions_shows_documents_and_decides_nothing(
    stack: WholeStack,
    notice: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DOCFLOW_APP_KEY", stack.use_key("host"))
    assert main(["drop", str(notice), "--wait"]) == 0
    assert main(["status", "notice.txt"]) == 0

    assert main(["approve", "notice.txt"]) == 1
    assert "DOCFLOW_APP_KEY" in capsys.readouterr().err
