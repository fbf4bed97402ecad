"""The commands that ask a running app, against a fake one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devstack.cli.__main__ import main
from devstack.cli.drop import blob_names
from devstack.client.app import App
from devstack.stack.config import free_ports
from devstack.stack.errors import StackError
from devstack.testing.fake_app import FakeApp


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeApp]:
    """Return a fake app that the commands find by the port in the environment."""
    with FakeApp() as app:
        monkeypatch.setenv("DOCFLOW_LOCAL_DIR", str(tmp_path))
        monkeypatch.setenv("DOCFLOW_FUNCTIONS_PORT", app.url.rpartition(":")[2])
        yield app


def document(document_id: str, name: str = "notice.pdf", status: str = "waiting") -> dict[str, Any]:
    return {"id": document_id, "name": name, "status": status, "stage": "waiting_for_review"}


def test_listing_is_followed_to_its_end(app: FakeApp) -> None:
    app.documents = [document(f"id-{number}") for number in range(250)]

    listed = list(App(app.url).documents())

    assert [each.id for each in listed] == [f"id-{number}" for number in range(250)]


@pytest.mark.parametrize("wanted", ["abc123", "abc", "final notice.pdf"])
def test_document_is_found_by_id_beginning_and_name(app: FakeApp, wanted: str) -> None:
    app.documents = [document("abc123", "final notice.pdf"), document("fed987")]

    assert App(app.url).find(wanted).id == "abc123"


def test_newest_of_a_name_is_meant(app: FakeApp) -> None:
    app.documents = [document("new"), document("old")]

    assert App(app.url).find("notice.pdf").id == "new"


def test_ambiguous_beginning_lists_the_candidates(app: FakeApp) -> None:
    app.documents = [document("abc1", "one.pdf"), document("abc2", "two.pdf")]

    with pytest.raises(StackError, match=r"(?s)2 documents.*abc1  one.pdf.*abc2  two.pdf"):
        App(app.url).find("abc")


@pytest.mark.parametrize(("command", "approved"), [("approve", True), ("reject", False)])
def test_decision_is_sent_as_event(
    app: FakeApp, command: str, *, approved: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    app.documents = [document("abc123")]

    code = main([command, "abc", "--reviewer", "ann@example.com", "--comment", "checked"])

    assert code == 0
    expected = {"approved": approved, "reviewer": "ann@example.com", "comment": "checked"}
    assert app.events == [("abc123", expected)]
    assert "notice.pdf (abc123)" in capsys.readouterr().out


def test_app_that_asks_for_keys_gets_the_one_of_the_environment(
    app: FakeApp, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    app.documents = [document("abc123")]
    app.key = "opens"

    assert main(["status"]) == 1
    assert "DOCFLOW_APP_KEY" in capsys.readouterr().err

    monkeypatch.setenv("DOCFLOW_APP_KEY", "opens")
    assert [main(["status"]), main(["approve", "abc123"])] == [0, 0]
    assert [instance for instance, _ in app.events] == ["abc123"]


def test_decision_without_a_comment_has_none(app: FakeApp) -> None:
    app.documents = [document("abc123")]

    assert main(["approve", "abc123"]) == 0

    assert set(app.events[0][1]) == {"approved", "reviewer"}


@pytest.mark.parametrize(
    ("status", "event_status", "message"),
    [
        ("published", 202, "does not wait for a decision: it is published"),
        ("waiting", 404, "knows no instance 'abc123'"),
        ("waiting", 410, "is at its end already"),
        ("waiting", 400, "The decision was refused"),
    ],
)
def test_decision_that_cannot_be_made_is_explained(
    app: FakeApp,
    status: str,
    event_status: int,
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    app.documents = [document("abc123", status=status)]
    app.event_status = event_status

    assert main(["approve", "abc123"]) == 1

    assert message in capsys.readouterr().err


def test_status_lists_documents(app: FakeApp, capsys: pytest.CaptureFixture[str]) -> None:
    app.documents = [document("abcdef123456") | {"urgency": "urgent"}]

    assert main(["status"]) == 0

    shown = capsys.readouterr().out
    assert "abcdef12" in shown
    assert "waiting for review" in shown
    assert "urgent" in shown


def test_status_shows_the_end_of_a_document(
    app: FakeApp, capsys: pytest.CaptureFixture[str]
) -> None:
    app.documents = [document("abc123", status="published") | {"title": "Final notice"}]
    app.results["abc123"] = {
        "summary": {"bullets": [{"text": "Pay now.", "page": 2}]},
        "ticket": {"key": "DOC-7", "url": "http://jira.example/DOC-7"},
        "error": None,
    }

    assert main(["status", "abc"]) == 0

    shown = capsys.readouterr().out
    assert "DOC-7" in shown
    assert "Final notice" in shown
    assert "- Pay now. (page 2)" in shown


def test_status_shows_what_there_is_to_decide_about(
    app: FakeApp, capsys: pytest.CaptureFixture[str]
) -> None:
    preview = {"bullets": [{"text": "Pay by Friday.", "page": 1}]}
    app.documents = [document("abcdef123456") | {"preview": preview}]

    assert main(["status", "abcdef12"]) == 0

    shown = capsys.readouterr().out
    assert "- Pay by Friday. (page 1)" in shown
    assert "approve abcdef12, or reject abcdef12" in shown


def test_status_leads_from_a_mail_to_its_attachments_and_back(
    app: FakeApp, capsys: pytest.CaptureFixture[str]
) -> None:
    attached = [{"id": "fedcba987654", "name": "Programme.pdf"}]
    app.documents = [
        document("abcdef123456", "visit.eml") | {"attachments": attached},
        document("fedcba987654", "visit.eml.attachments/1.pdf") | {"parent": "abcdef123456"},
    ]

    assert main(["status", "abc"]) == 0
    assert "attached   fedcba98  Programme.pdf" in capsys.readouterr().out
    assert main(["status", "fed"]) == 0
    assert "mail       abcdef123456" in capsys.readouterr().out


def test_status_gives_the_answer_of_the_app_as_it_is(
    app: FakeApp, capsys: pytest.CaptureFixture[str]
) -> None:
    app.documents = [document("abc123") | {"tomorrow": "a field nobody knows yet"}]

    assert main(["status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == app.documents
    assert main(["status", "abc", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == app.documents[0]


def test_unknown_document_is_an_error(app: FakeApp, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "nothing"]) == 1

    assert "There is no document 'nothing'" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["status"], ["approve", "abc"], ["drop", __file__]])
def test_without_a_stack_the_command_to_start_one_is_named(
    command: list[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    functions, blob = free_ports(2)
    monkeypatch.setenv("DOCFLOW_LOCAL_DIR", str(tmp_path))
    monkeypatch.setenv("DOCFLOW_FUNCTIONS_PORT", str(functions))
    monkeypatch.setenv("DOCFLOW_BLOB_PORT", str(blob))

    assert main(command) == 1

    assert "Start the stack first: python3 dev.py up" in capsys.readouterr().err


def test_folder_gives_all_its_files_but_hidden_ones(tmp_path: Path) -> None:
    for name in ("b.pdf", "a.pdf", "inner/c.pdf", ".DS_Store", ".git/config"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    assert list(blob_names([tmp_path])) == ["a.pdf", "b.pdf", "inner/c.pdf"]


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "scan.pdf").touch()

    with pytest.raises(StackError, match=r"both become 'scan\.pdf'"):
        blob_names([tmp_path / "one" / "scan.pdf", tmp_path / "two" / "scan.pdf"])


def test_path_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="no file or folder"):
        blob_names([tmp_path / "absent.pdf"])
