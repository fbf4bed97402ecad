from __future__ import annotations

import pytest

from activities.prepare_pages import prepare_pages
from docflow.clients import Clients
from docflow.contracts import Activity, Container
from docflow.errors import ErrorCode, PermanentError
from docflow.models.documents import Failure
from docflow.models.pages import PreparationRequest, PreparedPages
from docflow.models.states import OcrMode, PageMethod
from docflow.ports import FileRefusal
from docflow.work import artefacts
from testkit.examples import DOCUMENT_ID, RunRegistered, work_of
from testkit.fakes import FakeFileParser, InMemoryBlobStore, fake_clients

REQUEST = PreparationRequest(document_id=DOCUMENT_ID, content_type="application/pdf", pages=5)
MIXED = ["typed", None, "", None, "typed too"]


def kept(parser: FakeFileParser) -> Clients:
    clients = fake_clients(parser=parser)
    clients.store.write(Container.WORK, f"{DOCUMENT_ID}/source", b"a file", content_type="x/y")
    return clients


def test_a_mixed_document_is_split_into_texts_and_pages_for_ocr() -> None:
    clients = kept(FakeFileParser(MIXED))

    prepared = prepare_pages(REQUEST, clients)

    assert prepared == PreparedPages(pages=5, ocr="2,4", text_layer=2, empty=1)
    assert prepared.ocr_pages == 2


def test_texts_and_pages_for_ocr_are_stored_for_the_next_steps() -> None:
    clients = kept(FakeFileParser(MIXED))

    prepare_pages(REQUEST, clients)

    texts = work_of(clients).read_pages(artefacts.TEXT_LAYER)
    assert [(page.number, page.method, page.text) for page in texts] == [
        (1, PageMethod.TEXT_LAYER, "typed"),
        (3, PageMethod.EMPTY, ""),
        (5, PageMethod.TEXT_LAYER, "typed too"),
    ]
    assert [work_of(clients).read_page_for_ocr(n) for n in (2, 4)] == [
        b"page 2 of application/pdf",
        b"page 4 of application/pdf",
    ]


def test_a_second_run_gives_and_stores_the_same() -> None:
    clients = kept(FakeFileParser(MIXED))
    store = clients.store
    assert isinstance(store, InMemoryBlobStore)
    first = prepare_pages(REQUEST, clients)
    stored = {name: blob.content for name, blob in store.blobs.items()}

    second = prepare_pages(REQUEST, clients)

    assert second == first
    assert {name: blob.content for name, blob in store.blobs.items()} == stored


def test_a_document_of_scans_alone_has_an_empty_text_layer() -> None:
    clients = kept(FakeFileParser([None, None, None]))

    request = REQUEST.model_copy(update={"pages": 3})
    assert prepare_pages(request, clients).ocr == "1-3"
    assert work_of(clients).read_pages(artefacts.TEXT_LAYER) == []


def test_pages_that_were_counted_and_not_found_are_failed_ones() -> None:
    clients = kept(FakeFileParser(MIXED))

    prepared = prepare_pages(REQUEST.model_copy(update={"pages": 7}), clients)

    assert (prepared.pages, prepared.failed) == (7, 2)
    *_, last = work_of(clients).read_pages(artefacts.TEXT_LAYER)
    assert (last.number, last.method) == (7, PageMethod.FAILED)
    assert (last.error or "").startswith("PAGE_MISSING: ")


@pytest.mark.parametrize(
    ("mode", "ocr", "unread"),
    [("auto", "2,4", []), ("always", "1-2,4-5", []), ("never", "", [2, 4])],
)
def test_which_pages_go_to_ocr_is_a_setting(mode: str, ocr: str, unread: list[int]) -> None:
    clients = kept(FakeFileParser(MIXED))

    prepared = prepare_pages(REQUEST.model_copy(update={"ocr_mode": OcrMode(mode)}), clients)

    assert prepared.ocr == ocr
    assert [
        page.number for page in work_of(clients).read_pages(artefacts.TEXT_LAYER) if page.unread
    ] == unread


def test_a_file_that_turns_out_to_be_unreadable_is_a_result() -> None:
    refusal = FileRefusal(ErrorCode.UNREADABLE, "A bomb.", "application/pdf")

    prepared = prepare_pages(REQUEST, kept(FakeFileParser(refusal=refusal)))

    assert prepared.refused == Failure(code="UNREADABLE", message="A bomb.")


def test_a_lost_copy_of_the_original_is_named() -> None:
    with pytest.raises(PermanentError, match="ARTEFACT_MISSING"):
        prepare_pages(REQUEST, fake_clients())


def test_the_reply_carries_counts_and_no_text(run_registered: RunRegistered) -> None:
    reply = run_registered(Activity.PREPARE_PAGES, REQUEST, kept(FakeFileParser(MIXED)))

    assert reply.value == {"pages": 5, "ocr": "2,4", "text_layer": 2, "empty": 1, "failed": 0}
