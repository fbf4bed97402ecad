from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from docflow.contracts import Container, document_id_for
from docflow.errors import ErrorCode
from docflow.models.documents import DocumentRequest, Source
from docflow.models.files import Attached, Attachments
from docflow.models.outputs import StoredSummary
from docflow.models.pages import PageText
from docflow.models.states import PageMethod, Stage, Status, UrgencyLevel
from docflow.ports import FileRefusal
from docflow.settings import Settings
from docflow.work import artefacts
from testkit.app import API, InMemoryApp, in_path
from testkit.examples import DOCUMENT_ID, SUMMARY
from testkit.fakes import START, FakeFileParser

PATH = f"documents/{DOCUMENT_ID}"
RECORD = f"{DOCUMENT_ID}.json"
OTHER_ID = "1" * 32

Form = tuple[dict[str, str], bytes]


# Handing in.


def test_a_raw_body_becomes_a_document(app: InMemoryApp) -> None:
    answer = app.post("documents", b"%PDF", name="letters/a.pdf")

    blob = app.store.blobs["incoming", "letters/a.pdf"]
    identifier = document_id_for("incoming", "letters/a.pdf", blob.etag)
    assert answer.status == 202
    assert (answer.json["id"], answer.json["name"]) == (identifier, "letters/a.pdf")
    assert answer.headers["Location"] == f"{API}/documents/{identifier}"
    links = answer.json["links"]
    assert links["review"] == f"{API}/reviews/{identifier}"
    assert links["sendEventPostUri"].endswith("/raiseEvent/{eventName}?taskHub=docflow")
    assert (blob.content, blob.content_type) == (b"%PDF", "application/pdf")
    assert app.client.starts[0].input["via"] == "http"
    assert app.index.entries[identifier].stage is Stage.RECEIVED


def form(name: str = "file", file_name: str | None = "scan.png") -> Form:
    disposition = f'form-data; name="{name}"'
    if file_name is not None:
        disposition += f'; filename="{file_name}"'
    body = (
        f"--b\r\nContent-Disposition: {disposition}\r\nContent-Type: image/png\r\n\r\n".encode()
        + b"\x89PNG\r\n\x00\xff\r\n--b--\r\n"
    )
    return {"Content-Type": "multipart/form-data; boundary=b"}, body


def test_a_form_becomes_a_document(app: InMemoryApp) -> None:
    headers, body = form()

    assert app.post("documents", body, headers).status == 202
    assert app.store.read("incoming", "scan.png") == b"\x89PNG\r\n\x00\xff"


def test_the_name_in_the_query_wins_over_that_of_the_form(app: InMemoryApp) -> None:
    headers, body = form()

    assert app.post("documents", body, headers, name="b.png").json["name"] == "b.png"


@pytest.mark.parametrize(("name", "file_name"), [("other", "a.png"), ("file", None)])
def test_a_form_without_the_file_is_refused(
    app: InMemoryApp, name: str, file_name: str | None
) -> None:
    headers, body = form(name, file_name)

    answer = app.post("documents", body, headers)

    assert answer.problem == (400, "BAD_REQUEST")
    assert answer.detail.startswith("file: ")


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary=b"])
def test_a_damaged_form_is_refused(app: InMemoryApp, content_type: str) -> None:
    _, body = form()

    answer = app.post("documents", body[: len(body) // 2], {"Content-Type": content_type})

    assert answer.problem == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("", "missing"),
        ("../a.pdf", ".."),
        ("a/../b.pdf", ".."),
        ("/a.pdf", "empty folder"),
        ("a//b.pdf", "empty folder"),
        ("folder/", "ends with /"),
        ("a\\b.pdf", "backslash"),
        ("a\x00.pdf", "control character"),
        ("a.pdf.", "dot"),
        ("a" * 1_025, "1,024"),
    ],
)
def test_a_bad_name_is_refused_by_its_rule(app: InMemoryApp, name: str, rule: str) -> None:
    answer = app.post("documents", b"%PDF", name=name)

    assert answer.problem == (400, "BAD_REQUEST")
    assert answer.detail.startswith("name: ")
    assert rule in answer.detail
    assert app.store.blobs == {}


def test_an_empty_body_is_refused(app: InMemoryApp) -> None:
    assert app.post("documents", name="a.pdf").problem == (400, "EMPTY_FILE")


@pytest.mark.parametrize("size", [11, 200_000])
def test_a_file_that_is_too_large_is_refused(app: InMemoryApp, size: int) -> None:
    app.use(settings=Settings(max_upload_bytes=10))

    answer = app.post("documents", b"x" * size, name="a.pdf")

    assert answer.problem == (413, "FILE_TOO_LARGE")


def refusing(code: ErrorCode, message: str) -> FakeFileParser:
    return FakeFileParser(refusal=FileRefusal(code, message))


def test_a_file_of_another_type_is_refused(app: InMemoryApp) -> None:
    app.use(parser=refusing(ErrorCode.UNSUPPORTED_TYPE, "Not a PDF or picture."))

    answer = app.post("documents", b"MZ", name="a.pdf")

    assert answer.problem == (415, "UNSUPPORTED_TYPE")
    assert answer.detail == "Not a PDF or picture."
    assert app.store.blobs == {}
    assert app.client.starts == []


def test_an_encrypted_file_is_taken_and_left_to_quarantine(app: InMemoryApp) -> None:
    app.use(parser=refusing(ErrorCode.ENCRYPTED, "Encrypted."))

    assert app.post("documents", b"%PDF", name="a.pdf").status == 202


def test_a_host_that_is_away_is_worth_another_try(app: InMemoryApp) -> None:
    app.client.failures = [Exception("secret=abc")]

    answer = app.post("documents", b"%PDF", name="a.pdf")

    assert answer.problem == (503, "ORCHESTRATION_UNAVAILABLE")
    assert answer.headers["Retry-After"] == "5"
    assert b"secret" not in answer.content


# Listing.


def test_documents_are_listed_newest_first_and_in_parts(app: InMemoryApp) -> None:
    for n in range(3):
        app.lists(f"{n}" * 32, received_at=START + timedelta(minutes=n))

    first = app.get("documents", limit="2").json
    second = app.get("documents", limit="2", continuation=first["continuation"]).json

    assert [document["id"][0] for document in first["documents"]] == ["2", "1"]
    assert [document["id"][0] for document in second["documents"]] == ["0"]
    assert second["continuation"] is None


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, {"1", "2", "3"}),
        ({"status": "waiting"}, {"2"}),
        ({"urgency": "normal"}, {"3"}),
        ({"name": "b.pdf"}, {"3"}),
        ({"review": "true"}, {"2"}),
        ({"review": "false", "status": "processing"}, {"1"}),
    ],
)
def test_documents_are_filtered(app: InMemoryApp, filters: dict[str, str], found: set[str]) -> None:
    app.lists("1" * 32)
    app.lists(
        "2" * 32, status=Status.WAITING, urgency=UrgencyLevel.URGENT, review_reasons=["urgent"]
    )
    app.lists("3" * 32, name="b.pdf", status=Status.PUBLISHED, urgency=UrgencyLevel.NORMAL)

    documents = app.get("documents", **filters).json["documents"]

    assert {document["id"][0] for document in documents} == found


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "done"),
        ("urgency", "high"),
        ("review", "maybe"),
        ("limit", "0"),
        ("limit", "201"),
        ("limit", "ten"),
    ],
)
def test_a_wrong_parameter_is_named(app: InMemoryApp, name: str, value: str) -> None:
    answer = app.get("documents", **{name: value})

    assert answer.problem == (400, "BAD_REQUEST")
    assert answer.detail.startswith(f"{name}: {value!r}")


def test_a_continuation_of_nobody_is_refused(app: InMemoryApp) -> None:
    assert app.get("documents", continuation="?").problem == (400, "BAD_CONTINUATION")


# One document.


def test_a_document_is_shown_with_its_progress(app: InMemoryApp) -> None:
    app.lists()
    app.instance_is("Running", {"stage": "reading", "pages": {"done": 2, "total": 9, "ocr": 7}})
    for page in range(1, 5):
        read_page(app, page)

    document = app.get(PATH).json

    assert document.pop("links")
    assert document == {
        "id": DOCUMENT_ID,
        "name": "a.pdf",
        "status": "processing",
        "stage": "reading",
        "pages": {"done": 2 + 4, "total": 9},
        "urgency": None,
        "score": None,
        "title": None,
        "attempt": 1,
        "firstDocumentId": DOCUMENT_ID,
        "receivedAt": "2026-01-05T09:00:00Z",
        "updatedAt": "2026-01-05T09:00:00Z",
        "review": None,
        "ticket": None,
        "error": None,
        "ocrPages": None,
        "estimatedUsd": 0,
        "parent": None,
        "preview": None,
        "attachments": [],
        "result": None,
    }


def read_page(app: InMemoryApp, page: int) -> None:
    """Leave what OCR leaves of a page."""
    read = PageText(number=page, method=PageMethod.OCR, text="text")
    app.work.write(artefacts.PAGE, read, page=page)


def test_pages_under_way_are_counted_once_a_second(app: InMemoryApp) -> None:
    app.lists()
    app.instance_is("Running", {"stage": "reading", "pages": {"done": 0, "total": 9, "ocr": 9}})

    def done_after(page: int) -> int:
        read_page(app, page)
        return int(app.get(PATH).json["pages"]["done"])

    assert [done_after(1), done_after(2)] == [1, 1]
    app.clock.advance(seconds=1)
    assert done_after(3) == 3


def test_a_waiting_document_shows_what_is_to_be_decided(app: InMemoryApp) -> None:
    app.lists(
        status=Status.WAITING,
        stage=Stage.WAITING_FOR_REVIEW,
        pages=3,
        review_reasons=["urgent"],
        waiting_since=START,
        review_deadline=START + timedelta(days=3),
    )
    app.instance_is("Running", {"stage": "waiting_for_review"})

    document = app.get(PATH).json

    assert document["status"] == "waiting"
    assert document["pages"] == {"done": 3, "total": 3}
    assert document["review"] == {
        "required": True,
        "reasons": ["urgent"],
        "waitingSince": "2026-01-05T09:00:00Z",
        "deadline": "2026-01-08T09:00:00Z",
        "decision": None,
        "waitingFor": "ApprovalDecision",
        "ignoredEvents": [],
    }


def test_links_lead_on_and_carry_no_key_of_the_durable_api(app: InMemoryApp) -> None:
    submitted = app.post("documents", b"%PDF", name="a.pdf").json
    identifier, links = submitted["id"], submitted["links"]
    app.instance_is("Completed", of=identifier)
    app.holds(Container.RESULTS, f"{identifier}.json", b'{"status": "published"}')

    document = app.get(links["self"]).json

    assert (document["id"], document["links"]) == (identifier, links)
    assert app.get(links["result"]).json == {"status": "published"}
    assert app.get(links["source"]).content == b"%PDF"
    assert app.post(links["review"], {"approved": True}).problem == (409, "NOT_WAITING")
    assert app.post(links["reprocess"]).json["id"] == f"{identifier}-2"
    assert links["statusQueryGetUri"].endswith(f"/instances/{identifier}?taskHub=docflow")
    assert not any("code=" in address or "terminate" in address for address in links.values())


def test_a_waiting_document_shows_what_there_is_to_decide_about(app: InMemoryApp) -> None:
    app.lists(status=Status.WAITING, stage=Stage.WAITING_FOR_REVIEW, waiting_since=START)
    app.instance_is("Running", {"stage": "waiting_for_review"})
    app.work.write(artefacts.SUMMARY, StoredSummary(answer=SUMMARY))

    document = app.get(PATH).json

    assert document["result"] is None
    assert document["preview"]["title"] == SUMMARY.title
    assert [bullet["text"] for bullet in document["preview"]["bullets"]] == [
        bullet.text for bullet in SUMMARY.bullets
    ]
    assert "draftReply" not in document["preview"]


def test_an_ended_document_shows_its_result(app: InMemoryApp) -> None:
    app.lists(
        status=Status.REJECTED,
        stage=Stage.DONE,
        pages=3,
        decided=False,
        review_reasons=["urgent"],
    )
    app.holds(Container.RESULTS, RECORD, b'{"status": "rejected"}')

    document = app.get(PATH).json

    assert document["status"] == "rejected"
    assert document["pages"] == {"done": 3, "total": 3}
    assert document["review"]["decision"] == "rejected"
    assert document["result"] == {"status": "rejected"}


def test_a_mail_names_its_attachments_as_soon_as_it_is_unpacked_and_ever_after(
    app: InMemoryApp,
) -> None:
    app.lists()
    app.instance_is("Running", {"stage": "preparing"})
    assert app.get(PATH).json["attachments"] == []

    attached = Attached(name="Programme.pdf", document_id=OTHER_ID)
    app.work.write(artefacts.ATTACHMENTS, Attachments(attachments=[attached]))
    named = [{"id": OTHER_ID, "name": "Programme.pdf"}]
    assert app.get(PATH).json["attachments"] == named

    app.lists(status=Status.REJECTED, stage=Stage.DONE, sequence=9)
    record = {"attachments": [{"name": "Programme.pdf", "documentId": OTHER_ID}]}
    app.holds(Container.RESULTS, RECORD, json.dumps(record).encode())
    app.store.delete(Container.WORK, f"{DOCUMENT_ID}/attachments.json")
    assert app.get(PATH).json["attachments"] == named


def test_an_attachment_names_its_mail(app: InMemoryApp) -> None:
    app.lists(parent=OTHER_ID)

    listed = app.get("documents").json["documents"]

    assert app.get(PATH).json["parent"] == OTHER_ID
    assert [each["parent"] for each in listed] == [OTHER_ID]


@pytest.mark.parametrize("custom", [None, "text", {"stage": "lunch", "pages": 4}])
def test_a_custom_status_of_another_form_is_passed_over(app: InMemoryApp, custom: Any) -> None:
    app.lists()
    app.instance_is("Running", custom)

    document = app.get(PATH).json

    assert (document["status"], document["stage"]) == ("processing", "received")


def test_an_instance_that_was_stopped_shows_as_failed(app: InMemoryApp) -> None:
    app.lists()
    app.instance_is("Terminated")

    document = app.get(PATH).json

    assert (document["status"], document["error"]) == ("failed", "INSTANCE_TERMINATED")


def test_a_document_is_not_called_published_while_its_delivery_may_be_undone(
    app: InMemoryApp,
) -> None:
    app.lists(status=Status.PUBLISHED, stage=Stage.DONE, sequence=3)
    app.instance_is("Running", {"stage": "delivering"})
    assert app.get(PATH).json["status"] == "processing"

    app.instance_is("Completed", {"stage": "done"})
    assert app.get(PATH).json["status"] == "published"


def test_a_document_that_is_claimed_but_not_indexed_is_shown(app: InMemoryApp) -> None:
    source = Source(container="incoming", name="b.pdf", etag="0x1", bytes=1)
    claim = DocumentRequest(document_id=DOCUMENT_ID, source=source, received_at=START)
    app.work.write(artefacts.CLAIM, claim)

    assert app.get(PATH).json["name"] == "b.pdf"


@pytest.mark.parametrize(
    "identifier", [DOCUMENT_ID, "nothing", "../incoming/x", f"{DOCUMENT_ID}-0"]
)
def test_an_unknown_document_is_not_found(app: InMemoryApp, identifier: str) -> None:
    path = f"documents/{in_path(identifier)}"

    for answer in (app.get(path), app.get(f"{path}/result"), app.post(f"{path}/reprocess")):
        assert answer.problem == (404, "NOT_FOUND")


def test_a_result_is_not_found_before_the_end(app: InMemoryApp) -> None:
    app.lists()
    early = app.get(f"{PATH}/result")
    assert early.problem == (404, "NOT_FOUND")
    assert "processing" in early.detail

    app.holds(Container.RESULTS, RECORD, b'{"documentId": "x"}')
    answer = app.get(f"{PATH}/result")
    assert answer.json == {"documentId": "x"}
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("state", ["Terminated", "Failed", "Canceled"])
def test_the_result_of_a_stopped_document_is_missing_for_the_reason_that_the_document_shows(
    app: InMemoryApp, state: str
) -> None:
    app.lists()
    app.instance_is(state)

    shown = app.get(PATH).json
    answer = app.get(f"{PATH}/result")

    assert (shown["status"], shown["error"]) == ("failed", f"INSTANCE_{state.upper()}")
    assert answer.problem == (404, "NOT_FOUND")
    assert shown["error"] in answer.detail


def test_a_document_runs_again_as_the_next_attempt(app: InMemoryApp) -> None:
    first = app.post("documents", b"%PDF", name="a.pdf").json["id"]
    running = app.post(f"documents/{first}/reprocess")
    assert running.problem == (409, "ATTEMPT_RUNNING")

    app.instance_is("Completed", of=first)
    answer = app.post(f"documents/{first}/reprocess")

    assert answer.status == 202
    assert (answer.json["id"], answer.json["name"]) == (f"{first}-2", "a.pdf")
    assert answer.json["attempt"] == 2
    assert answer.headers["Location"] == f"{API}/documents/{first}-2"
