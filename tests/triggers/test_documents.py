from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import azure.functions as func
import pytest

from docflow.clients import Clients
from docflow.contracts import Container, document_id_for
from docflow.errors import ErrorCode
from docflow.models.documents import DocumentRequest, Source
from docflow.models.files import Attached, Attachments
from docflow.models.index import IndexEntry
from docflow.models.outputs import StoredSummary
from docflow.models.states import Stage, Status, UrgencyLevel
from docflow.ports import FileRefusal
from docflow.settings import Settings
from docflow.work import artefacts
from docflow.work.folder import WorkFolder
from testkit.examples import SUMMARY
from testkit.fakes import (
    START,
    FakeFileParser,
    FixedClock,
    InMemoryBlobStore,
    InMemoryIndex,
    fake_clients,
)
from testkit.orchestrations import InMemoryOrchestrations, Instance
from triggers import documents

ID = "0" * 32

Request = Callable[..., func.HttpRequest]
Call = Callable[..., Any]
MakeEntry = Callable[..., IndexEntry]


# Handing in.


def test_a_raw_body_becomes_a_document(
    request_to: Request,
    call: Call,
    clients: Clients,
    client: InMemoryOrchestrations,
    store: InMemoryBlobStore,
    index: InMemoryIndex,
) -> None:
    req = request_to("documents", method="POST", body=b"%PDF", name="letters/a.pdf")
    response = call(documents.submit_document, req, clients=clients, client=client)

    blob = store.blobs["incoming", "letters/a.pdf"]
    identifier = document_id_for("incoming", "letters/a.pdf", blob.etag)
    body = response.json
    assert response.status == 202
    assert (body["id"], body["name"]) == (identifier, "letters/a.pdf")
    assert response.headers["Location"] == f"http://127.0.0.1:9/api/documents/{identifier}"
    assert body["links"]["review"] == f"http://127.0.0.1:9/api/reviews/{identifier}"
    assert body["links"]["sendEventPostUri"].endswith("/raiseEvent/{eventName}?taskHub=docflow")
    assert (blob.content, blob.content_type) == (b"%PDF", "application/pdf")
    assert client.starts[0].input["via"] == "http"
    assert index.entries[identifier].stage is Stage.RECEIVED


def form(name: str = "file", file_name: str | None = "scan.png") -> tuple[dict[str, str], bytes]:
    disposition = f'form-data; name="{name}"'
    if file_name is not None:
        disposition += f'; filename="{file_name}"'
    body = (
        f"--b\r\nContent-Disposition: {disposition}\r\nContent-Type: image/png\r\n\r\n".encode()
        + b"\x89PNG\r\n\x00\xff\r\n--b--\r\n"
    )
    return {"Content-Type": "multipart/form-data; boundary=b"}, body


def test_a_form_becomes_a_document(
    request_to: Request,
    call: Call,
    clients: Clients,
    client: InMemoryOrchestrations,
    store: InMemoryBlobStore,
) -> None:
    headers, body = form()
    req = request_to("documents", method="POST", headers=headers, body=body)
    assert call(documents.submit_document, req, clients=clients, client=client).status == 202
    assert store.read("incoming", "scan.png") == b"\x89PNG\r\n\x00\xff"


def test_the_name_in_the_query_wins_over_that_of_the_form(
    request_to: Request, call: Call, clients: Clients, client: InMemoryOrchestrations
) -> None:
    headers, body = form()
    req = request_to("documents", method="POST", headers=headers, body=body, name="b.png")
    assert (
        call(documents.submit_document, req, clients=clients, client=client).json["name"] == "b.png"
    )


@pytest.mark.parametrize(("name", "file_name"), [("other", "a.png"), ("file", None)])
def test_a_form_without_the_file_is_refused(
    request_to: Request,
    call: Call,
    clients: Clients,
    client: InMemoryOrchestrations,
    name: str,
    file_name: str | None,
) -> None:
    headers, body = form(name, file_name)
    req = request_to("documents", method="POST", headers=headers, body=body)
    response = call(documents.submit_document, req, clients=clients, client=client)
    assert response.problem[0] == 400
    assert response.problem[2].startswith("file: ")


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary=b"])
def test_a_damaged_form_is_refused(
    request_to: Request,
    call: Call,
    clients: Clients,
    client: InMemoryOrchestrations,
    content_type: str,
) -> None:
    _, body = form()
    cut = body[: len(body) // 2]
    headers = {"Content-Type": content_type}
    req = request_to("documents", method="POST", headers=headers, body=cut)
    response = call(documents.submit_document, req, clients=clients, client=client)
    assert response.problem[0] == 400


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "is missing; use ?name="),
        ("../a.pdf", "contains . or .."),
        ("a/../b.pdf", "contains . or .."),
        ("/a.pdf", "empty folder name"),
        ("a//b.pdf", "empty folder name"),
        ("folder/", "ends with /"),
        ("a\\b.pdf", "contains a backslash"),
        ("a\x00.pdf", "control character"),
        ("a.pdf.", "ends with a dot"),
        ("a" * 1_025, "1,024"),
    ],
)
def test_a_bad_name_is_refused(
    request_to: Request,
    call: Call,
    clients: Clients,
    client: InMemoryOrchestrations,
    store: InMemoryBlobStore,
    name: str,
    reason: str,
) -> None:
    req = request_to("documents", method="POST", body=b"%PDF", name=name)
    status, code, detail = call(
        documents.submit_document, req, clients=clients, client=client
    ).problem
    assert (status, code) == (400, "BAD_REQUEST")
    assert detail.startswith("name: ")
    assert reason in detail
    assert store.blobs == {}


def test_an_empty_body_is_refused(
    request_to: Request, call: Call, clients: Clients, client: InMemoryOrchestrations
) -> None:
    req = request_to("documents", method="POST", name="a.pdf")
    response = call(documents.submit_document, req, clients=clients, client=client)
    assert response.problem[:2] == (400, "EMPTY_FILE")


@pytest.mark.parametrize("size", [11, 200_000])
def test_a_file_that_is_too_large_is_refused(
    request_to: Request, call: Call, client: InMemoryOrchestrations, size: int
) -> None:
    clients = fake_clients(settings=Settings(max_upload_bytes=10))
    req = request_to("documents", method="POST", body=b"x" * size, name="a.pdf")
    response = call(documents.submit_document, req, clients=clients, client=client)
    assert response.problem[:2] == (413, "FILE_TOO_LARGE")


def test_a_file_of_another_type_is_refused(
    request_to: Request, call: Call, client: InMemoryOrchestrations, store: InMemoryBlobStore
) -> None:
    parser = FakeFileParser(
        refusal=FileRefusal(ErrorCode.UNSUPPORTED_TYPE, "Not a PDF or picture.")
    )
    clients = fake_clients(parser=parser, store=store)
    req = request_to("documents", method="POST", body=b"MZ", name="a.pdf")
    response = call(documents.submit_document, req, clients=clients, client=client)
    assert response.problem == (415, "UNSUPPORTED_TYPE", "Not a PDF or picture.")
    assert store.blobs == {}
    assert client.starts == []


def test_an_encrypted_file_is_taken_and_left_to_quarantine(
    request_to: Request, call: Call, client: InMemoryOrchestrations
) -> None:
    clients = fake_clients(
        parser=FakeFileParser(refusal=FileRefusal(ErrorCode.ENCRYPTED, "Encrypted."))
    )
    req = request_to("documents", method="POST", body=b"%PDF", name="a.pdf")
    assert call(documents.submit_document, req, clients=clients, client=client).status == 202


def test_a_host_that_is_away_is_worth_another_try(
    request_to: Request, call: Call, clients: Clients, client: InMemoryOrchestrations
) -> None:
    client.failures = [Exception("secret=abc")]
    req = request_to("documents", method="POST", body=b"%PDF", name="a.pdf")
    response = call(documents.submit_document, req, clients=clients, client=client)
    assert response.problem[:2] == (503, "ORCHESTRATION_UNAVAILABLE")
    assert response.headers["Retry-After"] == "5"
    assert b"secret" not in response.content


# Listing.


def test_documents_are_listed_newest_first_and_in_parts(
    request_to: Request, call: Call, entry: MakeEntry, clients: Clients, index: InMemoryIndex
) -> None:
    for n in range(3):
        index.put(entry(f"{n}" * 32, received_at=START + timedelta(minutes=n)))

    first = call(documents.list_documents, request_to("documents", limit="2"), clients=clients).json
    assert [d["id"][0] for d in first["documents"]] == ["2", "1"]
    req = request_to("documents", limit="2", continuation=first["continuation"])
    second = call(documents.list_documents, req, clients=clients).json
    assert [d["id"][0] for d in second["documents"]] == ["0"]
    assert second["continuation"] is None


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({}, {"1", "2", "3"}),
        ({"status": "waiting"}, {"2"}),
        ({"urgency": "normal"}, {"3"}),
        ({"name": "b.pdf"}, {"3"}),
        ({"review": "true"}, {"2"}),
        ({"review": "false", "status": "processing"}, {"1"}),
    ],
)
def test_documents_are_filtered(
    request_to: Request,
    call: Call,
    entry: MakeEntry,
    clients: Clients,
    index: InMemoryIndex,
    parameters: dict[str, str],
    found: set[str],
) -> None:
    index.put(entry("1" * 32))
    index.put(
        entry(
            "2" * 32,
            status=Status.WAITING,
            urgency=UrgencyLevel.URGENT,
            review_reasons=["urgent"],
        )
    )
    index.put(entry("3" * 32, name="b.pdf", status=Status.PUBLISHED, urgency=UrgencyLevel.NORMAL))
    answer = call(
        documents.list_documents, request_to("documents", **parameters), clients=clients
    ).json
    assert {document["id"][0] for document in answer["documents"]} == found


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
def test_a_wrong_parameter_is_named(
    request_to: Request, call: Call, clients: Clients, name: str, value: str
) -> None:
    response = call(
        documents.list_documents, request_to("documents", **{name: value}), clients=clients
    )
    status, code, detail = response.problem
    assert (status, code) == (400, "BAD_REQUEST")
    assert detail.startswith(f"{name}: {value!r}")


def test_a_continuation_of_nobody_is_refused(
    request_to: Request, call: Call, clients: Clients
) -> None:
    response = call(
        documents.list_documents, request_to("documents", continuation="?"), clients=clients
    )
    assert response.problem[:2] == (400, "BAD_CONTINUATION")


# One document.


def shown(
    request_to: Request, call: Call, clients: Clients, client: InMemoryOrchestrations
) -> dict[str, Any]:
    req = request_to(f"documents/{ID}", route={"id": ID})
    document: dict[str, Any] = call(
        documents.get_document, req, clients=clients, client=client
    ).json
    return document


def test_a_document_is_shown_with_its_progress(
    request_to: Request,
    call: Call,
    entry: MakeEntry,
    clients: Clients,
    client: InMemoryOrchestrations,
    store: InMemoryBlobStore,
    index: InMemoryIndex,
) -> None:
    index.put(entry())
    status = {"stage": "reading", "pages": {"done": 2, "total": 9, "ocr": 7}}
    client.instances[ID] = Instance("Running", status)
    for page in range(1, 5):
        store.write(Container.WORK, f"{ID}/pages/{page:06d}.json", b"{}", content_type="")

    document = shown(request_to, call, clients, client)

    assert ID in document["links"].pop("statusQueryGetUri")
    assert set(document["links"]) == {
        "self",
        "result",
        "source",
        "review",
        "reprocess",
        "sendEventPostUri",
    }
    del document["links"]
    assert document == {
        "id": ID,
        "name": "a.pdf",
        "status": "processing",
        "stage": "reading",
        "pages": {"done": 2 + 4, "total": 9},
        "urgency": None,
        "score": None,
        "title": None,
        "attempt": 1,
        "firstDocumentId": ID,
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


def test_pages_under_way_are_counted_once_a_second(
    request_to: Request,
    call: Call,
    entry: MakeEntry,
    clients: Clients,
    client: InMemoryOrchestrations,
    store: InMemoryBlobStore,
    index: InMemoryIndex,
    clock: FixedClock,
) -> None:
    index.put(entry())
    status = {"stage": "reading", "pages": {"done": 0, "total": 9, "ocr": 9}}
    client.instances[ID] = Instance("Running", status)

    def done_after(page: int) -> int:
        store.write(Container.WORK, f"{ID}/pages/{page:06d}.json", b"{}", content_type="")
        return int(shown(request_to, call, clients, client)["pages"]["done"])

    assert [done_after(1), done_after(2)] == [1, 1]
    clock.advance(seconds=1)
    assert done_after(3) == 3


def test_a_waiting_document_shows_what_is_to_be_decided(
    request_to: Request,
    call: Call,
    entry: MakeEntry,
    clients: Clients,
    client: InMemoryOrchestrations,
    index: InMemoryIndex,
) -> None:
    deadline = START + timedelta(days=3)
    index.put(
        entry(
            status=Status.WAITING,
            stage=Stage.WAITING_FOR_REVIEW,
            pages=3,
            review_reasons=["urgent"],
            waiting_since=START,
            review_deadline=deadline,
        )
    )
    client.instances[ID] = Instance("Running", {"stage": "waiting_for_review"})
    document = shown(request_to, call, clients, client)
    assert document["status"] == "waiting"
    assert document["pages"] == {"done": 3, "total": 3}
    assert document["review"] == {
        "required": True,
        "reasons": ["urgent"],
        "waitingSince": "2026-01-05T09:00:00Z",
        "deadline": "2026-01-08T09:00:00Z",
        "decision": None,
    }


def test_links_carry_no_key_of_the_durable_api(
    request_to: Request,
    call: Call,
    entry: MakeEntry,
    clients: Clients,
    client: InMemoryOrchestrations,
    index: InMemoryIndex,
) -> None:
    index.put(entry())
    links = shown(request_to, call, clients, client)["links"]

    assert links["statusQueryGetUri"].endswith(f"/instances/{ID}?taskHub=docflow")
    assert not any("code=" in address for address in links.values())


def test_a_waiting_document_shows_what_there_is_to_decide_about(
    request_to: Request,
    call: Call,
    entry: MakeEntry,
    clients: Clients,
    client: InMemoryOrchestrations,
    store: InMemoryBlobStore,
    index: InMemoryIndex,
) -> None:
    index.put(entry(status=Status.WAITING, stage=Stage.WAITING_FOR_REVIEW, waiting_since=START))
    client.instances[ID] = Instance("Running", {"stage": "waiting_for_review"})
    folder = WorkFolder(store, ID)
    folder.write(artefacts.SUMMARY, StoredSummary(answer=SUMMARY))

    document = shown(request_to, call, clients, client)

    assert document["result"] is None
    assert document["preview"]["title"] == SUMMARY.title
    assert [bullet["text"] for bullet in document["preview"]["bullets"]] == [
        bullet.text for bullet in SUMMARY.bullets
    ]
    assert "draftReply" not in document["preview"]


def test_an_ended_document_shows_its_result(
    request_to: Request,
    call: Call,
    entry: MakeEntry,
    clients: Clients,
    client: InMemoryOrchestrations,
    store: InMemoryBlobStore,
    index: InMemoryIndex,
) -> None:
    index.put(entry(status=Status.REJECTED, stage=Stage.DONE, pages=3, decided=False,
                    review_reasons=["urgent"]))  # fmt: skip
    store.write(Container.RESULTS, f"{ID}.json", b'{"status": "rejected"}', content_type="")
    document = shown(request_to, call, clients, client)
    assert document["status"] == "rejected"
    assert document["pages"] == {"done": 3, "total": 3}
    assert document["review"]["decision"] == "rejected"
    assert document["result"] == {"status": "rejected"}


def test_a_mail_names_its_attachments_as_soon_as_it_is_unpacked_and_ever_after(
    request_to: Request,
    call: Call,
    entry: MakeEntry,
    clients: Clients,
    client: InMemoryOrchestrations,
    store: InMemoryBlobStore,
    index: InMemoryIndex,
) -> None:
    index.put(entry())
    client.instances[ID] = Instance("Running", {"stage": "preparing"})
    listed = [{"id": "1" * 32, "name": "Programme.pdf"}]
    assert shown(request_to, call, clients, client)["attachments"] == []
    attached = Attached(name="Programme.pdf", document_id="1" * 32)
    WorkFolder(store, ID).write(artefacts.ATTACHMENTS, Attachments(attachments=[attached]))
    assert shown(request_to, call, clients, client)["attachments"] == listed

    index.put(entry(status=Status.REJECTED, stage=Stage.DONE, sequence=9))
    record = {"attachments": [{"name": "Programme.pdf", "documentId": "1" * 32}]}
    store.write(Container.RESULTS, f"{ID}.json", json.dumps(record).encode(), content_type="")
    store.delete(Container.WORK, f"{ID}/attachments.json")

    assert shown(request_to, call, clients, client)["attachments"] == listed


def test_an_attachment_names_its_mail(
    request_to: Request,
    call: Call,
    entry: MakeEntry,
    clients: Clients,
    client: InMemoryOrchestrations,
    index: InMemoryIndex,
) -> None:
    index.put(entry(parent="1" * 32))

    listed = call(documents.list_documents, request_to("documents"), clients=clients).json[
        "documents"
    ]

    assert shown(request_to, call, clients, client)["parent"] == "1" * 32
    assert [each["parent"] for each in listed] == ["1" * 32]


@pytest.mark.parametrize("custom", [None, "text", {"stage": "lunch", "pages": 4}])
def test_a_custom_status_of_another_form_is_passed_over(
    request_to: Request,
    call: Call,
    entry: MakeEntry,
    clients: Clients,
    client: InMemoryOrchestrations,
    index: InMemoryIndex,
    custom: Any,
) -> None:
    index.put(entry())
    client.instances[ID] = Instance("Running", custom)
    document = shown(request_to, call, clients, client)
    assert (document["status"], document["stage"]) == ("processing", "received")


def test_an_instance_that_was_stopped_shows_as_failed(
    request_to: Request,
    call: Call,
    entry: MakeEntry,
    clients: Clients,
    client: InMemoryOrchestrations,
    index: InMemoryIndex,
) -> None:
    index.put(entry())
    client.instances[ID] = Instance("Terminated")
    document = shown(request_to, call, clients, client)
    assert (document["status"], document["error"]) == ("failed", "INSTANCE_TERMINATED")


def test_a_document_is_not_called_published_while_its_delivery_may_be_undone(
    request_to: Request,
    call: Call,
    entry: MakeEntry,
    clients: Clients,
    client: InMemoryOrchestrations,
    index: InMemoryIndex,
) -> None:
    index.put(entry(status=Status.PUBLISHED, stage=Stage.DONE, sequence=3))
    client.instances[ID] = Instance("Running", {"stage": "delivering"})
    assert shown(request_to, call, clients, client)["status"] == "processing"

    client.instances[ID] = Instance("Completed", {"stage": "done"})
    assert shown(request_to, call, clients, client)["status"] == "published"


def test_a_document_that_is_claimed_but_not_indexed_is_shown(
    request_to: Request,
    call: Call,
    clients: Clients,
    client: InMemoryOrchestrations,
    store: InMemoryBlobStore,
) -> None:
    source = Source(container="incoming", name="b.pdf", etag="0x1", bytes=1)
    claimed = DocumentRequest(document_id=ID, source=source, received_at=START)
    store.write("work", f"{ID}/claim.json", claimed.model_dump_json().encode(), content_type="")
    assert shown(request_to, call, clients, client)["name"] == "b.pdf"


@pytest.mark.parametrize("identifier", [ID, "nothing", "../incoming/x", "0" * 32 + "-0"])
def test_an_unknown_document_is_not_found(
    request_to: Request,
    call: Call,
    clients: Clients,
    client: InMemoryOrchestrations,
    identifier: str,
) -> None:
    req = request_to("documents/x", route={"id": identifier})
    for answer in (
        call(documents.get_document, req, clients=clients, client=client),
        call(documents.get_result, req, clients=clients, client=client),
        call(documents.reprocess_document, req, clients=clients, client=client),
    ):
        assert answer.problem[:2] == (404, "NOT_FOUND")


def test_a_result_is_not_found_before_the_end(
    request_to: Request,
    call: Call,
    entry: MakeEntry,
    clients: Clients,
    client: InMemoryOrchestrations,
    store: InMemoryBlobStore,
    index: InMemoryIndex,
) -> None:
    index.put(entry())
    req = request_to(f"documents/{ID}/result", route={"id": ID})
    assert call(documents.get_result, req, clients=clients, client=client).problem == (
        404,
        "NOT_FOUND",
        "There is no result yet. The status of the document is processing.",
    )
    store.write(Container.RESULTS, f"{ID}.json", b'{"documentId": "x"}', content_type="")
    response = call(documents.get_result, req, clients=clients, client=client)
    assert response.json == {"documentId": "x"}
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("state", ["Terminated", "Failed", "Canceled"])
def test_the_result_of_a_stopped_document_is_missing_for_the_reason_that_the_document_shows(
    request_to: Request,
    call: Call,
    entry: MakeEntry,
    clients: Clients,
    client: InMemoryOrchestrations,
    index: InMemoryIndex,
    state: str,
) -> None:
    index.put(entry())
    client.instances[ID] = Instance(state)
    req = request_to(f"documents/{ID}/result", route={"id": ID})

    shown = call(documents.get_document, req, clients=clients, client=client).json
    answer = call(documents.get_result, req, clients=clients, client=client)

    assert (shown["status"], shown["error"]) == ("failed", f"INSTANCE_{state.upper()}")
    assert answer.problem == (
        404,
        "NOT_FOUND",
        f"There is no result: the document is {shown['status']} ({shown['error']}).",
    )


def test_a_document_runs_again_as_the_next_attempt(
    request_to: Request, call: Call, clients: Clients, client: InMemoryOrchestrations
) -> None:
    handed_in = request_to("documents", method="POST", body=b"%PDF", name="a.pdf")
    first = call(documents.submit_document, handed_in, clients=clients, client=client).json["id"]
    again = request_to(f"documents/{first}/reprocess", method="POST", route={"id": first})

    running = call(documents.reprocess_document, again, clients=clients, client=client)
    assert running.problem[:2] == (409, "ATTEMPT_RUNNING")

    client.instances[first] = Instance("Completed")
    response = call(documents.reprocess_document, again, clients=clients, client=client)
    assert response.status == 202
    body = response.json
    assert (body["id"], body["name"], body["attempt"]) == (f"{first}-2", "a.pdf", 2)
    assert response.headers["Location"].endswith(f"/api/documents/{first}-2")
