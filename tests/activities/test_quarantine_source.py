from __future__ import annotations

import json
from typing import Any

import pytest

from activities.quarantine_source import quarantine_source
from docflow.clients import Clients
from docflow.contracts import Activity, Container
from docflow.models.delivery import QuarantineRequest
from docflow.models.files import Refused
from docflow.models.payloads import Done
from testkit.examples import DOCUMENT_ID, REQUEST, SOURCE, RunRegistered
from testkit.fakes import InMemoryBlobStore, fake_clients

REFUSED = Refused(code="ENCRYPTED", message="Remove the password and upload it again.")
CONTENT = b"a secret file"


def asked(name: str = "letter.pdf", etag: str = "e1") -> QuarantineRequest:
    source = SOURCE.model_copy(update={"name": name, "etag": etag})
    return QuarantineRequest(request=REQUEST.model_copy(update={"source": source}), refused=REFUSED)


def with_kept_copy() -> Clients:
    clients = fake_clients()
    clients.store.write(Container.WORK, f"{DOCUMENT_ID}/source", CONTENT, content_type="x/y")
    return clients


def reason(clients: Clients) -> dict[str, Any]:
    content = clients.store.read(Container.QUARANTINE, f"{DOCUMENT_ID}/reason.json")
    assert content is not None
    found: dict[str, Any] = json.loads(content)
    return found


def test_the_kept_copy_is_set_aside_with_a_reason_to_act_on() -> None:
    clients = with_kept_copy()

    quarantine_source(asked(), clients)

    assert clients.store.read(Container.QUARANTINE, f"{DOCUMENT_ID}/letter.pdf") == CONTENT
    assert reason(clients) == {
        "documentId": DOCUMENT_ID,
        "name": "letter.pdf",
        "code": "ENCRYPTED",
        "message": "Remove the password and upload it again.",
        "file": f"{DOCUMENT_ID}/letter.pdf",
    }


def test_a_file_that_was_never_kept_is_taken_from_where_it_was_uploaded() -> None:
    clients = fake_clients()
    etag = clients.store.write(Container.INCOMING, "big.pdf", CONTENT, content_type="x/y")

    quarantine_source(asked("big.pdf", etag), clients)

    assert clients.store.read(Container.QUARANTINE, f"{DOCUMENT_ID}/big.pdf") == CONTENT


@pytest.mark.parametrize("newer", [b"another document", None])
def test_a_file_that_is_gone_leaves_its_reason_alone(newer: bytes | None) -> None:
    clients = fake_clients()
    if newer is not None:
        clients.store.write(Container.INCOMING, "letter.pdf", newer, content_type="x/y")

    quarantine_source(asked(), clients)

    assert list(clients.store.list(Container.QUARANTINE, "")) == [f"{DOCUMENT_ID}/reason.json"]
    assert reason(clients)["file"] is None


def test_the_upload_itself_stays_where_it_is() -> None:
    clients = fake_clients()
    etag = clients.store.write(Container.INCOMING, "letter.pdf", CONTENT, content_type="x/y")

    quarantine_source(asked(etag=etag), clients)

    assert clients.store.read(Container.INCOMING, "letter.pdf") == CONTENT


def test_a_second_run_leaves_the_same_two_blobs() -> None:
    clients = with_kept_copy()
    store = clients.store
    assert isinstance(store, InMemoryBlobStore)
    quarantine_source(asked(), clients)
    before = {name: blob.content for name, blob in store.blobs.items()}

    assert quarantine_source(asked(), clients) == Done()
    assert {name: blob.content for name, blob in store.blobs.items()} == before


def test_a_very_long_name_still_fits_blob_storage() -> None:
    clients = with_kept_copy()

    quarantine_source(asked("folder/" + "x" * 1_017), clients)

    assert max(len(n) for n in clients.store.list(Container.QUARANTINE, "")) == 1_024


def test_a_file_called_like_the_reason_is_not_overwritten_by_it() -> None:
    clients = with_kept_copy()

    quarantine_source(asked("reason.json"), clients)

    assert reason(clients)["file"] == f"{DOCUMENT_ID}/source/reason.json"
    aside = clients.store.read(Container.QUARANTINE, f"{DOCUMENT_ID}/source/reason.json")
    assert aside == CONTENT


def test_it_replies_that_it_is_done(run_registered: RunRegistered) -> None:
    reply = run_registered(Activity.QUARANTINE_SOURCE, asked(), with_kept_copy())

    assert reply.value == {}


def test_the_copy_is_named_as_it_reads() -> None:
    clients = with_kept_copy()

    quarantine_source(asked("in/invoice\u202efdp.exe\u200b"), clients)

    name = f"{DOCUMENT_ID}/in/invoicefdp.exe"
    assert clients.store.read(Container.QUARANTINE, name) == CONTENT
    assert reason(clients)["file"] == name


def test_of_an_archived_file_the_reason_is_written_alone() -> None:
    clients = fake_clients(store=(store := InMemoryBlobStore()))
    etag = store.write(Container.INCOMING, "letter.pdf", CONTENT, content_type="x/y")
    store.change(Container.INCOMING, "letter.pdf", etag=etag, archived=True)
    archived = Refused(code="BLOB_ARCHIVED", message="Change its access tier.")

    quarantine_source(asked(etag=etag).model_copy(update={"refused": archived}), clients)

    assert (reason(clients)["code"], reason(clients)["file"]) == ("BLOB_ARCHIVED", None)
