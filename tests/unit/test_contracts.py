from __future__ import annotations

import importlib
import inspect
import json
import re
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

import activities
import orchestrators
from docflow.clients import Clients
from docflow.contracts import (
    APPROVAL_EVENT,
    Activity,
    Container,
    Orchestrator,
    attempt_id_for,
    document_id_for,
    ticket_label_for,
)
from docflow.models.checks import ChecksRequest
from docflow.models.payloads import Done
from testkit.functions import registered_activities, registered_orchestrators

ROOT = Path(__file__).resolve().parents[2]
NAMES = st.text(min_size=1, max_size=80)
MAX_INSTANCE_ID_LENGTH = 100
"""The documented limit of Durable Functions; the extension itself takes 256."""


def files_of(package: ModuleType) -> set[str]:
    folder = Path(inspect.getfile(package)).parent
    return {file.stem for file in folder.glob("*.py")} - {"__init__"}


def test_every_activity_has_a_file_of_its_name_and_is_registered_once() -> None:
    names = {activity.value for activity in Activity}

    assert files_of(activities) == names
    assert set(registered_activities()) == names


def test_every_orchestrator_has_a_file_of_its_name_and_is_registered_once() -> None:
    names = {orchestrator.value for orchestrator in Orchestrator}

    assert files_of(orchestrators) == names | {"await_approval", "journey"}
    assert set(registered_orchestrators()) == names


@pytest.mark.parametrize("name", [*Activity, *Orchestrator])
def test_file_registered_function_and_python_name_are_one_word(
    name: Activity | Orchestrator,
) -> None:
    package = "activities" if isinstance(name, Activity) else "orchestrators"
    module = importlib.import_module(f"{package}.{name}")

    function = getattr(module, name)

    assert function.__name__ == name
    assert function.__module__ == module.__name__
    assert name.name == name.value.upper()


def test_a_function_of_another_name_is_not_registered() -> None:
    def unknown(request: ChecksRequest, clients: Clients) -> Done:
        return Done()

    with pytest.raises(ValueError, match="unknown"):
        activities.activity(unknown)


@pytest.mark.parametrize("name", Activity)
def test_every_activity_says_why_running_it_twice_is_safe(name: Activity) -> None:
    module = importlib.import_module(f"activities.{name}")

    explained = " ".join((inspect.getdoc(getattr(module, name)) or "").split())
    assert re.search(
        r"Running it twice is safe(, however late| and costs nothing)?: \w+", explained
    )


def test_names_that_users_rely_on_stay_as_they_are() -> None:
    assert [container.value for container in Container] == [
        "incoming",
        "work",
        "results",
        "quarantine",
    ]
    assert Orchestrator.PROCESS_DOCUMENT.value == "process_document"
    assert APPROVAL_EVENT == "ApprovalDecision"


@given(NAMES, NAMES, NAMES)
def test_ids_fit_everywhere_they_are_used(container: str, name: str, etag: str) -> None:
    document_id = document_id_for(container, name, etag)

    assert re.fullmatch("[0-9a-f]{32}", document_id)
    assert len(attempt_id_for(document_id, 10_000)) <= MAX_INSTANCE_ID_LENGTH
    assert re.fullmatch(r"docflow-[0-9a-f]{32}", ticket_label_for(document_id))


def test_the_same_upload_is_the_same_document_with_and_without_quotes() -> None:
    bare = document_id_for("incoming", "a.pdf", "0x8DE")

    assert bare == document_id_for("incoming", "a.pdf", '"0x8DE"')
    assert bare == document_id_for("incoming", "a.pdf", "0x8DE")


def test_another_container_name_or_version_is_another_document() -> None:
    parts = [("incoming", "a.pdf", "1"), ("x", "a.pdf", "1"), ("incoming", "b.pdf", "1")]
    parts += [("incoming", "a.pdf", "2"), ("incominga", ".pdf", "1"), ("incoming", "a.pdf1", "")]

    assert len({document_id_for(*part) for part in parts}) == len(parts)


def test_an_id_is_the_same_in_every_release() -> None:
    assert document_id_for("incoming", "letter.pdf", "0x8DE") == (
        "a78761c6767974b1e4c4545567c1e625"
    )


def test_later_attempts_have_ids_of_their_own() -> None:
    assert [attempt_id_for("abc", attempt) for attempt in (1, 2, 3)] == ["abc", "abc-2", "abc-3"]


def test_no_function_is_named_twice_across_kinds() -> None:
    assert {a.value for a in Activity}.isdisjoint({o.value for o in Orchestrator})


def test_the_host_bounds_the_fan_out() -> None:
    host = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))

    assert host["extensions"]["durableTask"]["maxConcurrentActivityFunctions"] >= 1
