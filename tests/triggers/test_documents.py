from __future__ import annotations

import asyncio
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from docflow.contracts import Container, document_id_for
from docflow.errors import ErrorCode, TransientError
from docflow.models.documents import DocumentRequest, Source
from docflow.models.files import Attached, Attachments
from docflow.models.outputs import StoredSummary
from docflow.models.pages import PageText
from docflow.models.states import PageMethod, Stage, Status, UrgencyLevel
from docflow.ports import FileFacts, FileRefusal
from docflow.settings import Settings
from docflow.work import artefacts
from testkit.app import API, InMemoryApp, in_path, request
from testkit.examples import DOCUMENT_ID, SUMMARY
from testkit.fakes import START, FakeFileParser, failing
from testkit.orchestrations import InMemoryOrchestrations
from triggers import intake
from triggers.blob_reference import BlobReference
from triggers.documents import submit_document
from triggers.upkeep import mend_documents
from triggers.uploads import take_upload

PATH = f"documents/{DOCUMENT_ID}"
RECORD = f"{DOCUMENT_ID}.json"
OTHER_ID = "1" * 32
AWAY = TransientError(ErrorCode.STORAGE_UNAVAILABLE, "away")

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


# What was taken stays taken.


def sources(app: InMemoryApp) -> dict[str, bytes | None]:
    return {
        start.instance_id: app.store.read("work", f"{start.instance_id}/source")
        for start in app.client.starts
    }


def others_in_work(app: InMemoryApp) -> list[str]:
    """Return the names in `work` that belong to no document."""
    names = app.store.list("work", "")
    return [name for name in names if not re.match(r"[0-9a-f]{32}/|names/", name)]


def test_every_upload_of_one_name_keeps_its_own_bytes(app: InMemoryApp) -> None:
    sent = [f"%PDF {number}".encode() for number in range(30)]

    with ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(lambda body: app.post("documents", body, name="a.pdf"), sent))

    kept = sources(app)
    assert [kept[answer.json["id"]] for answer in answers] == sent
    assert all(start.input["kept"] for start in app.client.starts)
    assert others_in_work(app) == []


def test_the_trigger_leaves_an_upload_that_the_api_takes_alone(app: InMemoryApp) -> None:
    app.use(store=failing(app.store, "write_new", AWAY))
    assert app.post("documents", b"%PDF", name="a.pdf").problem == (503, "STORAGE_UNAVAILABLE")

    blob = BlobReference(Container.INCOMING, "a.pdf")
    asyncio.run(take_upload(blob, clients=app.clients, client=app.client))

    assert app.client.starts == []


@pytest.mark.parametrize("fails", ["upload", "copy", "write_new"])
def test_what_could_not_be_stored_is_not_acknowledged(app: InMemoryApp, fails: str) -> None:
    app.use(store=failing(app.store, fails, AWAY, forever=True))

    answer = app.post("documents", b"%PDF", name="a.pdf")

    assert answer.problem == (503, "STORAGE_UNAVAILABLE")
    assert app.client.starts == []
    assert others_in_work(app) == []


def test_a_retry_after_a_start_that_failed_is_the_same_document(app: InMemoryApp) -> None:
    app.client.failures = [None, Exception("no answer")]
    assert app.post("documents", b"%PDF", name="a.pdf").status == 503

    retried = app.post("documents", b"%PDF", name="a.pdf")

    (started,) = app.client.starts
    assert retried.json["id"] == started.instance_id
    assert sources(app) == {started.instance_id: b"%PDF"}


def test_a_retry_after_a_start_that_succeeded_all_the_same_is_the_same_document(
    app: InMemoryApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    class AnswersLate(InMemoryOrchestrations):
        async def start_new(
            self, orchestration_function_name: str, instance_id: str, client_input: Any
        ) -> str:
            await super().start_new(orchestration_function_name, instance_id, client_input)
            await asyncio.Event().wait()
            return instance_id

    monkeypatch.setattr(intake, "START_SECONDS", 0.05)
    app.client = AnswersLate()
    answer = app.post("documents", b"%PDF", name="a.pdf")
    assert answer.problem == (503, "START_TIMED_OUT")

    retried = app.post("documents", b"%PDF", name="a.pdf")

    assert retried.status == 202
    assert [start.instance_id for start in app.client.starts] == [retried.json["id"]]


def test_the_same_file_sent_again_on_purpose_is_a_document_of_its_own(app: InMemoryApp) -> None:
    ids = {app.post("documents", b"%PDF", name="a.pdf").json["id"] for _ in range(3)}

    assert len(ids) == len(app.client.starts) == 3


def test_another_file_is_no_retry(app: InMemoryApp) -> None:
    app.client.failures = [None, Exception("no answer")]
    assert app.post("documents", b"%PDF", name="a.pdf").status == 503

    ids = {
        app.post("documents", body, name=name).json["id"]
        for body, name in ((b"%PDF 2", "a.pdf"), (b"%PDF", "b.pdf"))
    }

    assert len(ids) == 2
    assert sorted(sources(app)) == sorted(ids)


def test_a_burst_of_files_does_not_keep_starts_waiting(app: InMemoryApp) -> None:
    files = 40  # more than asyncio has threads on any usual machine
    free = threading.Event()

    class Slow(FakeFileParser):
        def inspect(self, file: Path) -> FileFacts | FileRefusal:
            free.wait(10)
            return super().inspect(file)

    app.use(parser=Slow())

    async def burst() -> bool:
        requests = [
            request("POST", "documents", f"%PDF {n}".encode(), query={"name": "a.pdf"})
            for n in range(files)
        ]
        taking = [
            asyncio.create_task(submit_document(each, clients=app.clients, client=app.client))
            for each in requests
        ]
        await asyncio.sleep(0)
        app.holds(Container.INCOMING, "b.pdf", b"%PDF")
        blob = BlobReference(Container.INCOMING, "b.pdf")
        started = take_upload(blob, clients=app.clients, client=app.client)
        try:
            await asyncio.wait_for(started, timeout=5)
            return not free.is_set()
        finally:
            free.set()
            await asyncio.gather(*taking)

    assert asyncio.run(burst())
    assert len(app.client.starts) == files + 1


def test_two_requests_with_one_key_are_one_document(app: InMemoryApp) -> None:
    first = app.post("documents", b"%PDF", {"Idempotency-Key": '"k-1"'}, name="a.pdf")
    again = app.post("documents", b"%PDF", {"Idempotency-Key": "k-1"}, name="a.pdf")
    other = app.post("documents", b"%PDF", {"Idempotency-Key": "k-2"}, name="a.pdf")

    assert first.json == again.json
    assert other.json["id"] != first.json["id"]
    assert len(app.client.starts) == 2


@pytest.mark.parametrize(("body", "name"), [(b"%PDF 2", "a.pdf"), (b"%PDF", "b.pdf")])
def test_a_key_is_not_used_for_two_files(app: InMemoryApp, body: bytes, name: str) -> None:
    headers = {"Idempotency-Key": "k"}
    app.post("documents", b"%PDF", headers, name="a.pdf")

    assert app.post("documents", body, headers, name=name).problem == (
        422,
        "IDEMPOTENCY_KEY_REUSED",
    )


def test_a_key_is_known_for_a_day(app: InMemoryApp) -> None:
    headers = {"Idempotency-Key": "k"}
    first = app.post("documents", b"%PDF", headers, name="a.pdf").json["id"]
    app.clock.advance(hours=25)

    assert app.post("documents", b"%PDF", headers, name="a.pdf").json["id"] != first


@pytest.mark.parametrize("key", ["", '""', "é", "k" * 256])
def test_a_bad_key_is_refused(app: InMemoryApp, key: str) -> None:
    answer = app.post("documents", b"%PDF", {"Idempotency-Key": key}, name="a.pdf")

    assert answer.problem == (400, "BAD_REQUEST")
    assert answer.detail.startswith("Idempotency-Key: ")


def test_requests_that_repeat_each_other_at_once_are_one_document(app: InMemoryApp) -> None:
    together = threading.Barrier(4)

    class AllAtOnce(FakeFileParser):
        def inspect(self, file: Path) -> FileFacts | FileRefusal:
            together.wait(timeout=10)
            return super().inspect(file)

    app.use(parser=AllAtOnce())
    headers = {"Idempotency-Key": "k"}

    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(lambda _: app.post("documents", b"%PDF", headers, name="a.pdf"), range(4))
        )

    (identifier,) = {answer.json["id"] for answer in answers}
    assert [start.instance_id for start in app.client.starts] == [identifier]
    app.clock.advance(minutes=1)
    assert asyncio.run(mend_documents(clients=app.clients, client=app.client)) == 0
    assert len(app.client.starts) == 1


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
