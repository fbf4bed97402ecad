from __future__ import annotations

from pathlib import Path

import pytest

from devstack.environment.tools import venv_python
from devstack.testing import azure_python as module
from devstack.testing.azure_python import InstallationError, NoNewPythonError, azure_python


def test_machine_without_a_newer_python_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PATH": "", "HOME": str(tmp_path), "DOCFLOW_WORKER_PYTHON": ""}.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(NoNewPythonError, match="DOCFLOW_WORKER_PYTHON"):
        azure_python(tmp_path / "worker")


def test_environment_is_made_once_and_again_when_what_it_is_made_of_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "worker"
    made: list[tuple[str, ...]] = []

    def note(*command: str) -> None:
        made.append(command)
        venv_python(folder).parent.mkdir(parents=True, exist_ok=True)
        venv_python(folder).touch()

    monkeypatch.setattr(module, "worker_interpreter", lambda _named: "a-newer-python")
    monkeypatch.setattr(module, "_run", note)

    assert azure_python(folder) == venv_python(folder)
    assert azure_python(folder) == venv_python(folder)
    assert [command[:3] for command in made] == [
        ("a-newer-python", "-m", "venv"),
        (str(venv_python(folder)), "-m", "pip"),
    ]

    monkeypatch.setattr(module, "REQUIREMENTS", ("azure-functions-runtime==9.9.9",))
    azure_python(folder)
    assert made[-1][-1] == "azure-functions-runtime==9.9.9"


def test_failed_installation_is_reported_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "worker_interpreter", lambda _named: "false")

    for _ in range(2):
        with pytest.raises(InstallationError):
            azure_python(tmp_path / "worker")
