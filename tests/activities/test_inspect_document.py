from __future__ import annotations

import hashlib

import pytest

from activities.inspect_document import inspect
from docflow.clients import Clients
from docflow.contracts import Activity, Container
from docflow.errors import ErrorCode, TransientError
from docflow.models.files import Accepted, InspectionRequest, Refused
from docflow.ports import FileRefusal
from docflow.settings import Settings
from docflow.work.folder import content_marker
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

    inspection = inspect(request(upload(clients)), clients)

    accepted = Accepted(content_type="application/pdf", sha256=DIGEST, bytes=10, pages=2)
    assert inspection.outcome == accepted
    assert clients.store.read(Container.WORK, f"{DOCUMENT_ID}/source") == CONTENT
    assert work_of(clients).read_accepted() == accepted


def test_a_second_run_needs_no_upload_any_more_and_finds_the_same() -> None:
    clients = fake_clients()
    asked = request(upload(clients))
    first = inspect(asked, clients)
    clients.store.delete(Container.INCOMING, "letter.pdf")

    assert inspect(asked, clients) == first


def test_a_run_after_a_crash_before_the_last_write_does_not_call_itself_a_duplicate() -> None:
    store = InMemoryBlobStore()
    crashing = failing(
        store, "write", TransientError(ErrorCode.STORAGE_UNAVAILABLE, "away"), forever=True
    )
    etag = upload(fake_clients(store=store))
    with pytest.raises(TransientError):
        inspect(request(etag), fake_clients(store=crashing))

    outcome = inspect(request(etag), fake_clients(store=store)).outcome

    assert isinstance(outcome, Accepted)
    assert outcome.duplicate_of is None


def test_a_file_that_is_too_large_is_refused_before_it_is_copied() -> None:
    clients = fake_clients(settings=Settings.load({"MAX_DOCUMENT_BYTES": "9"}))

    outcome = inspect(request(upload(clients)), clients).outcome

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

    outcome = inspect(asked, clients).outcome

    assert isinstance(outcome, Refused)
    assert outcome.code == "SOURCE_CHANGED"


def test_a_file_that_cannot_be_read_is_refused_with_its_digest_and_size() -> None:
    refusal = FileRefusal(ErrorCode.ENCRYPTED, "Remove the password.", "application/pdf")
    clients = fake_clients(parser=FakeFileParser(refusal=refusal))

    outcome = inspect(request(upload(clients), bytes=1), clients).outcome

    assert outcome == Refused(
        code="ENCRYPTED",
        message="Remove the password.",
        content_type="application/pdf",
        sha256=DIGEST,
        bytes=len(CONTENT),
    )
    assert clients.store.read(Container.WORK, content_marker(DIGEST)) is None


def test_the_same_bytes_under_another_id_point_to_the_first_document() -> None:
    clients = fake_clients()
    inspect(request(upload(clients)), clients)
    again = upload(clients, name="copy.pdf")

    second = inspect(request(again, "second", name="copy.pdf"), clients).outcome
    third = inspect(request(again, "third", name="copy.pdf"), clients).outcome

    assert isinstance(second, Accepted)
    assert isinstance(third, Accepted)
    assert second.duplicate_of == third.duplicate_of == DOCUMENT_ID


def test_a_later_attempt_takes_the_copy_of_the_first_and_is_no_duplicate_of_it() -> None:
    clients = fake_clients()
    asked = request(upload(clients))
    inspect(asked, clients)
    upload(clients, b"overwritten since")

    later = InspectionRequest(
        document_id=f"{DOCUMENT_ID}-2", source=asked.source, first_document_id=DOCUMENT_ID
    )
    outcome = inspect(later, clients).outcome

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

    assert isinstance(inspect(later, clients).outcome, Accepted)


def test_a_refused_file_is_a_value_and_not_a_failed_step(run_registered: RunRegistered) -> None:
    clients = fake_clients(
        parser=FakeFileParser(refusal=FileRefusal(ErrorCode.EMPTY_FILE, "Empty."))
    )
    asked = request(upload(clients))

    refused = run_registered(Activity.INSPECT_DOCUMENT, asked, clients)

    assert refused.value is not None
    assert refused.value["outcome"]["code"] == "EMPTY_FILE"
