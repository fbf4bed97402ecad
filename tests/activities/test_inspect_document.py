from __future__ import annotations

import errno
import hashlib

import pytest

from activities.inspect_document import inspect_document
from docflow.clients import Clients
from docflow.contracts import Activity, Container, document_id_for
from docflow.errors import ErrorCode, TransientError
from docflow.models.files import Accepted, InspectionRequest, Refused
from docflow.ports import BlobProperties, FileRefusal
from docflow.settings import Settings
from docflow.work import artefacts
from docflow.work.artefacts import FIRST_WITH_CONTENT
from testkit.examples import DOCUMENT_ID, SOURCE, RunRegistered, work_of
from testkit.fakes import FakeFileParser, InMemoryBlobStore, failing, fake_clients

CONTENT = b"ten bytes!"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


def upload(clients: Clients, content: bytes = CONTENT, name: str = "letter.pdf") -> str:
    return clients.store.write(
        Container.INCOMING, name, content, content_type="application/octet-stream"
    )


def request(etag: str, document_id: str = DOCUMENT_ID, **fields: object) -> InspectionRequest:
    source = SOURCE.model_copy(update={"etag": etag, **fields})
    return InspectionRequest(document_id=document_id, source=source)


def test_a_file_that_can_be_read_is_kept_hashed_and_counted() -> None:
    clients = fake_clients(parser=FakeFileParser(["one", "two"]))

    inspection = inspect_document(request(upload(clients)), clients)

    accepted = Accepted(content_type="application/pdf", sha256=DIGEST, bytes=10, pages=2)
    assert inspection.outcome == accepted
    assert clients.store.read(Container.WORK, f"{DOCUMENT_ID}/source") == CONTENT
    assert work_of(clients).read(artefacts.INSPECTION) == accepted


def test_a_second_run_needs_no_upload_any_more_and_finds_the_same() -> None:
    clients = fake_clients()
    asked = request(upload(clients))
    first = inspect_document(asked, clients)
    clients.store.delete(Container.INCOMING, "letter.pdf")

    assert inspect_document(asked, clients) == first


def test_a_run_after_a_crash_before_the_last_write_does_not_call_itself_a_duplicate() -> None:
    store = InMemoryBlobStore()
    crashing = failing(
        store, "write", TransientError(ErrorCode.STORAGE_UNAVAILABLE, "away"), forever=True
    )
    etag = upload(fake_clients(store=store))
    with pytest.raises(TransientError):
        inspect_document(request(etag), fake_clients(store=crashing))

    outcome = inspect_document(request(etag), fake_clients(store=store)).outcome

    assert isinstance(outcome, Accepted)
    assert outcome.duplicate_of is None


def test_a_file_that_is_too_large_is_refused_before_it_is_copied() -> None:
    clients = fake_clients(settings=Settings.load({"MAX_DOCUMENT_BYTES": "9"}))

    outcome = inspect_document(request(upload(clients)), clients).outcome

    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.bytes, outcome.sha256) == ("TOO_LARGE", 10, None)
    assert outcome.content_type == SOURCE.content_type
    assert list(clients.store.list(Container.WORK, "")) == []


@pytest.mark.parametrize("change", ["overwritten", "deleted"])
def test_a_file_that_changed_before_it_was_kept_is_refused(change: str) -> None:
    clients = fake_clients()
    asked = request(upload(clients))
    if change == "overwritten":
        upload(clients, b"newer")
    else:
        clients.store.delete(Container.INCOMING, "letter.pdf")

    outcome = inspect_document(asked, clients).outcome

    assert isinstance(outcome, Refused)
    assert outcome.code == "SOURCE_CHANGED"
    newer = clients.store.properties(Container.INCOMING, "letter.pdf")
    successor = document_id_for(Container.INCOMING, "letter.pdf", newer.etag) if newer else None
    assert outcome.successor == successor
    assert (successor or "deleted") in outcome.message


def test_a_change_of_metadata_before_it_was_kept_changes_nothing() -> None:
    clients = fake_clients(store=(store := InMemoryBlobStore()))
    before = upload_properties(clients)
    store.change(Container.INCOMING, "letter.pdf", metadata={"owner": "sales"})
    asked = request(
        before.etag, created_at=before.created_at, content_md5=before.content_md5, bytes=10
    )

    outcome = inspect_document(asked, clients).outcome

    assert isinstance(outcome, Accepted)
    assert outcome.sha256 == DIGEST


def upload_properties(clients: Clients) -> BlobProperties:
    upload(clients)
    found = clients.store.properties(Container.INCOMING, "letter.pdf")
    assert found is not None
    return found


def test_a_copy_that_the_storage_lost_says_so() -> None:
    clients = fake_clients()
    asked = request(upload(clients)).model_copy(update={"kept": True})
    clients.store.delete(Container.INCOMING, "letter.pdf")

    outcome = inspect_document(asked, clients).outcome

    assert isinstance(outcome, Refused)
    assert outcome.code == "SOURCE_LOST"


def test_an_archived_file_says_so_and_is_read_when_it_is_back() -> None:
    clients = fake_clients(store=(store := InMemoryBlobStore()))
    etag = upload(clients)
    store.change(Container.INCOMING, "letter.pdf", etag=etag, archived=True)

    archived = inspect_document(request(etag), clients).outcome
    store.change(Container.INCOMING, "letter.pdf", etag=etag, archived=False)
    back = inspect_document(request(etag), clients).outcome

    assert isinstance(archived, Refused)
    assert archived.code == "BLOB_ARCHIVED"
    assert isinstance(back, Accepted)


def test_a_file_that_cannot_be_read_is_refused_with_its_digest_and_size() -> None:
    refusal = FileRefusal(ErrorCode.ENCRYPTED, "Remove the password.", "application/pdf")
    clients = fake_clients(parser=FakeFileParser(refusal=refusal))

    outcome = inspect_document(request(upload(clients), bytes=1), clients).outcome

    assert outcome == Refused(
        code="ENCRYPTED",
        message="Remove the password.",
        content_type="application/pdf",
        sha256=DIGEST,
        bytes=len(CONTENT),
    )
    assert clients.store.read(Container.WORK, FIRST_WITH_CONTENT.format(sha256=DIGEST)) is None


def test_the_same_bytes_under_another_id_point_to_the_first_document() -> None:
    clients = fake_clients()
    inspect_document(request(upload(clients)), clients)
    again = upload(clients, name="copy.pdf")

    second = inspect_document(request(again, "second", name="copy.pdf"), clients).outcome
    third = inspect_document(request(again, "third", name="copy.pdf"), clients).outcome

    assert isinstance(second, Accepted)
    assert isinstance(third, Accepted)
    assert second.duplicate_of == third.duplicate_of == DOCUMENT_ID


def test_a_later_attempt_takes_the_copy_of_the_first_and_is_no_duplicate_of_it() -> None:
    clients = fake_clients()
    asked = request(upload(clients))
    inspect_document(asked, clients)
    upload(clients, b"overwritten since")

    later = InspectionRequest(
        document_id=f"{DOCUMENT_ID}-2", source=asked.source, first_document_id=DOCUMENT_ID
    )
    outcome = inspect_document(later, clients).outcome

    assert isinstance(outcome, Accepted)
    assert (outcome.sha256, outcome.duplicate_of) == (DIGEST, None)
    assert clients.store.read(Container.WORK, f"{DOCUMENT_ID}-2/source") == CONTENT


def test_a_later_attempt_takes_the_upload_where_the_first_kept_nothing() -> None:
    clients = fake_clients()
    later = InspectionRequest(
        document_id=f"{DOCUMENT_ID}-2",
        source=SOURCE.model_copy(update={"etag": upload(clients)}),
        first_document_id=DOCUMENT_ID,
    )

    assert isinstance(inspect_document(later, clients).outcome, Accepted)


def test_a_refused_file_is_a_value_and_not_a_failed_step(run_registered: RunRegistered) -> None:
    clients = fake_clients(
        parser=FakeFileParser(refusal=FileRefusal(ErrorCode.EMPTY_FILE, "Empty."))
    )
    asked = request(upload(clients))

    refused = run_registered(Activity.INSPECT_DOCUMENT, asked, clients)

    assert refused.value is not None
    assert refused.value["outcome"]["code"] == "EMPTY_FILE"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_defers_the_step(number: int, run_registered: RunRegistered) -> None:
    store = InMemoryBlobStore()
    full = OSError(number, "No space left on device")
    clients = fake_clients(store=failing(store, "download", full))
    asked = request(upload(clients))

    deferred = run_registered(Activity.INSPECT_DOCUMENT, asked, clients)

    assert deferred.deferred is not None
    assert deferred.deferred.code == "DISK_SHORT"
    assert run_registered(Activity.INSPECT_DOCUMENT, asked, clients).value is not None


def test_another_error_of_the_system_stays_a_defect(run_registered: RunRegistered) -> None:
    denied = OSError(errno.EACCES, "Permission denied")
    clients = fake_clients(store=failing(InMemoryBlobStore(), "download", denied))

    with pytest.raises(PermissionError):
        run_registered(Activity.INSPECT_DOCUMENT, request(upload(clients)), clients)
