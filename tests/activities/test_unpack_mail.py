from __future__ import annotations

from pathlib import Path

import pytest

from activities.unpack_mail import unpack_mail
from docflow.clients import Clients
from docflow.contracts import Activity, Container, document_id_for
from docflow.errors import ErrorCode, TransientError
from docflow.models.documents import Failure
from docflow.models.files import Unpacked, UnpackRequest
from docflow.ports import AttachedFile, FileRefusal
from docflow.work import artefacts
from testkit.examples import DOCUMENT_ID, RunRegistered, work_of
from testkit.fakes import FakeFileParser, InMemoryBlobStore, failing, fake_clients

REQUEST = UnpackRequest(document_id=DOCUMENT_ID, name="offer.eml")
PLAN = "offer.eml.attachments/01234567-01-plan.pdf"
LIST = "offer.eml.attachments/01234567-02-_.._list.csv"
ATTACHED = {"plan.pdf": b"%PDF", "../../list.csv": b"a,b"}


@pytest.fixture
def store() -> InMemoryBlobStore:
    store = InMemoryBlobStore()
    store.write(Container.WORK, f"{DOCUMENT_ID}/source", b"a mail", content_type="x/y")
    return store


def with_mail(store: InMemoryBlobStore) -> Clients:
    return fake_clients(store=store, parser=FakeFileParser(attachments=ATTACHED))


def test_attachments_are_put_where_uploads_go_with_the_id_of_their_mail(
    store: InMemoryBlobStore,
) -> None:
    assert unpack_mail(REQUEST, with_mail(store)) == Unpacked(attachments=2)

    assert list(store.list(Container.INCOMING, "")) == [PLAN, LIST]
    plan = store.blobs[Container.INCOMING, PLAN]
    assert (plan.content, plan.metadata) == (b"%PDF", {"docflowparent": DOCUMENT_ID})


def test_the_ids_of_the_documents_that_they_become_are_kept(store: InMemoryBlobStore) -> None:
    clients = with_mail(store)

    unpack_mail(REQUEST, clients)

    kept = work_of(clients).require(artefacts.ATTACHMENTS)
    assert [(each.name, each.document_id) for each in kept.attachments] == [
        (given, document_id_for("incoming", name, store.blobs[Container.INCOMING, name].etag))
        for given, name in zip(ATTACHED, (PLAN, LIST), strict=True)
    ]


def test_a_run_that_was_cut_short_goes_on_without_writing_anything_twice(
    store: InMemoryBlobStore,
) -> None:
    lost = TransientError(ErrorCode.STORAGE_UNAVAILABLE, "away")
    clients = fake_clients(
        store=failing(store, "write", lost), parser=FakeFileParser(attachments=ATTACHED)
    )
    with pytest.raises(TransientError):
        unpack_mail(REQUEST, clients)
    before = store.blobs[Container.INCOMING, PLAN]

    assert unpack_mail(REQUEST, clients) == Unpacked(attachments=2)
    assert store.blobs[Container.INCOMING, PLAN] is before


def test_a_later_attempt_goes_by_what_the_first_one_left(store: InMemoryBlobStore) -> None:
    clients = with_mail(store)
    unpack_mail(REQUEST, clients)
    store.delete(Container.INCOMING, PLAN)
    second = UnpackRequest(
        document_id=f"{DOCUMENT_ID}-2", name="offer.eml", first_document_id=DOCUMENT_ID
    )

    assert unpack_mail(second, clients) == Unpacked(attachments=2)

    assert list(store.list(Container.INCOMING, "")) == [LIST]
    assert work_of(clients, second.document_id).read(artefacts.ATTACHMENTS) == work_of(
        clients
    ).read(artefacts.ATTACHMENTS)


def test_another_mail_of_the_same_name_has_attachments_of_its_own(
    store: InMemoryBlobStore,
) -> None:
    other = "f" * 32
    store.write(Container.WORK, f"{other}/source", b"a mail", content_type="x/y")
    clients = with_mail(store)
    unpack_mail(REQUEST, clients)

    unpack_mail(UnpackRequest(document_id=other, name="offer.eml"), clients)

    assert len(list(store.list(Container.INCOMING, ""))) == 4


def test_a_mail_that_cannot_be_unpacked_is_a_result(store: InMemoryBlobStore) -> None:
    refusal = FileRefusal(ErrorCode.UNREADABLE, "A bomb.")
    clients = fake_clients(store=store, parser=FakeFileParser(refusal=refusal))

    unpacked = unpack_mail(REQUEST, clients)

    assert unpacked.refused == Failure(code="UNREADABLE", message="A bomb.")
    assert work_of(clients).read(artefacts.ATTACHMENTS) is None


def test_the_reply_carries_a_count_and_no_names(
    run_registered: RunRegistered, store: InMemoryBlobStore
) -> None:
    reply = run_registered(Activity.UNPACK_MAIL, REQUEST, with_mail(store))

    assert reply.value == {"attachments": 2}


class ParserOfForwardedMails(FakeFileParser):
    """A parser that finds a mail with a file in it, and a second file that is too much."""

    def unpack(self, file: Path, *, into: Path) -> list[AttachedFile] | FileRefusal:
        (into / "1").write_bytes(b"a mail")
        (into / "2").write_bytes(b"%PDF")
        return [
            AttachedFile("in\u202ener.eml", into / "1", left_out=1),
            AttachedFile("plan.pdf", into / "2", within=("in\u202ener.eml",)),
        ]


def test_files_of_a_forwarded_mail_are_documents_of_the_mail_that_was_sent(
    store: InMemoryBlobStore,
) -> None:
    clients = fake_clients(store=store, parser=ParserOfForwardedMails())

    assert unpack_mail(REQUEST, clients) == Unpacked(attachments=2, left_out=1)

    inner, plan = work_of(clients).require(artefacts.ATTACHMENTS).attachments
    assert (inner.name, inner.within, inner.left_out) == ("inner.eml", [], 1)
    assert (plan.name, plan.within, plan.left_out) == ("plan.pdf", ["inner.eml"], 0)
    name = "offer.eml.attachments/01234567-02-plan.pdf"
    assert store.blobs[Container.INCOMING, name].metadata == {"docflowparent": DOCUMENT_ID}
