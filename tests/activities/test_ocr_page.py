from __future__ import annotations

from pathlib import Path

import pytest

from activities.ocr_page import ocr_page
from docflow.clients import Clients
from docflow.contracts import Activity
from docflow.errors import ErrorCode, PermanentError, TransientError, WastedPageError
from docflow.models.pages import (
    Extent,
    OcrReasons,
    PageFailure,
    PageRead,
    PageRequest,
    PageText,
)
from docflow.models.states import PageMethod
from docflow.work import artefacts
from docflow.work.page_file import write_page_file
from testkit.examples import DOCUMENT_ID, RunRegistered, work_of
from testkit.fakes import InMemoryBlobStore, ScriptedOcr, failing, fake_clients

REQUEST = PageRequest(document_id=DOCUMENT_ID, page=3)
REJECTED = PermanentError(ErrorCode.OCR_PAGE_REJECTED, "The page is not an image.")
BUSY = TransientError(ErrorCode.OCR_UNAVAILABLE, "Busy.", retry_after_seconds=7)


@pytest.fixture
def store(tmp_path: Path) -> InMemoryBlobStore:
    store = InMemoryBlobStore()
    page, bundle = tmp_path / "page", tmp_path / "bundle"
    page.write_bytes(b"a picture")
    write_page_file({3: page}, bundle)
    work_of(fake_clients(store=store)).write_pages_for_ocr(bundle)
    return store


def with_ocr(store: InMemoryBlobStore, ocr: ScriptedOcr) -> Clients:
    return fake_clients(store=store, ocr=ocr)


def test_the_text_of_the_page_is_stored_with_its_words(store: InMemoryBlobStore) -> None:
    clients = with_ocr(store, ScriptedOcr({3: "Final notice"}, confidence=0.9))

    assert ocr_page(REQUEST, clients) == PageRead(page=3)

    page = work_of(clients).require(artefacts.PAGE, page=3)
    assert (page.method, page.text, page.confidence) == (PageMethod.OCR, "Final notice", 0.9)
    assert [word.text for word in page.words] == ["Final", "notice"]
    assert page.recognized


def test_a_page_that_was_read_is_not_sent_again(store: InMemoryBlobStore) -> None:
    ocr = ScriptedOcr({3: ["first answer", "second answer"]})
    clients = with_ocr(store, ocr)

    results = [ocr_page(REQUEST, clients), ocr_page(REQUEST, clients)]

    assert results == [PageRead(page=3)] * 2
    assert ocr.calls == [3]
    page = work_of(clients).require(artefacts.PAGE, page=3)
    assert page.text == "first answer"


def test_a_page_with_nothing_on_it_was_paid_for_all_the_same(store: InMemoryBlobStore) -> None:
    clients = with_ocr(store, ScriptedOcr({3: ""}))

    assert ocr_page(REQUEST, clients) == PageRead(page=3)

    page = work_of(clients).require(artefacts.PAGE, page=3)
    assert (page.method, page.recognized) == (PageMethod.EMPTY, True)


def test_a_page_from_the_cache_was_not_paid_for(store: InMemoryBlobStore) -> None:
    known = PageText(number=3, method=PageMethod.OCR, text="Final notice", cached=True)
    clients = with_ocr(store, ScriptedOcr({3: known}))

    assert ocr_page(REQUEST, clients) == PageRead(page=3)

    page = work_of(clients).require(artefacts.PAGE, page=3)
    assert (page.text, page.cached, page.recognized) == ("Final notice", True, False)


def test_a_rejected_page_is_a_result_that_is_stored_and_not_tried_again(
    store: InMemoryBlobStore,
) -> None:
    ocr = ScriptedOcr({3: [REJECTED, "readable now"]})
    clients = with_ocr(store, ocr)
    failure = PageFailure(page=3, code="OCR_PAGE_REJECTED", message="The page is not an image.")

    results = [ocr_page(REQUEST, clients), ocr_page(REQUEST, clients)]

    assert results == [PageRead(page=3, failure=failure)] * 2
    assert ocr.calls == [3]
    page = work_of(clients).require(artefacts.PAGE, page=3)
    assert page.method is PageMethod.FAILED


@pytest.mark.parametrize(
    "error", [BUSY, PermanentError(ErrorCode.OCR_UNAUTHORIZED, "Grant the role.")], ids=str
)
def test_a_service_that_is_away_or_locked_says_nothing_about_the_page(
    store: InMemoryBlobStore, error: Exception
) -> None:
    clients = with_ocr(store, ScriptedOcr({3: [error, "read at last"]}))
    with pytest.raises(type(error)):
        ocr_page(REQUEST, clients)
    assert work_of(clients).read(artefacts.PAGE, page=3) is None

    assert ocr_page(REQUEST, clients) == PageRead(page=3)


def test_a_page_that_ocr_took_and_never_answered_is_counted(store: InMemoryBlobStore) -> None:
    lost = WastedPageError(ErrorCode.OCR_TIMEOUT, "too long")
    clients = with_ocr(store, ScriptedOcr({3: [lost, BUSY, lost, "read at last"]}))

    for _ in range(3):
        with pytest.raises(TransientError):
            ocr_page(REQUEST, clients)
    assert work_of(clients).wasted_pages() == 2

    assert ocr_page(REQUEST, clients) == PageRead(page=3)
    assert work_of(clients).wasted_pages() == 2


def test_a_document_read_as_a_whole_leaves_all_its_pages(store: InMemoryBlobStore) -> None:
    whole = PageText(number=3, method=PageMethod.OCR, text="one\ftwo\f", whole=True)
    ocr = ScriptedOcr({3: whole})
    clients = with_ocr(store, ocr)

    assert [ocr_page(REQUEST, clients), ocr_page(REQUEST, clients)] == [PageRead(page=3)] * 2

    assert ocr.calls == [3]
    pages = [work_of(clients).read(artefacts.PAGE, page=number) for number in (3, 4, 5)]
    assert [(page.text, page.method, page.recognized) for page in pages if page] == [
        ("one", PageMethod.OCR, True),
        ("two", PageMethod.OCR, True),
        ("", PageMethod.EMPTY, True),
    ]
    assert [page.further_pages for page in pages if page] == [2, 0, 0]


def test_an_answer_that_could_not_be_stored_is_asked_for_again(store: InMemoryBlobStore) -> None:
    ocr = ScriptedOcr()
    away = TransientError(ErrorCode.STORAGE_UNAVAILABLE, "away")
    clients = fake_clients(store=failing(store, "write", away), ocr=ocr)
    with pytest.raises(TransientError):
        ocr_page(REQUEST, clients)

    assert ocr_page(REQUEST, clients) == PageRead(page=3)
    assert ocr.calls == [3, 3]


def test_a_page_whose_picture_is_gone_is_named() -> None:
    with pytest.raises(PermanentError, match="ARTEFACT_MISSING"):
        ocr_page(REQUEST, fake_clients())


def test_the_pause_that_the_service_asks_for_reaches_the_orchestration(
    run_registered: RunRegistered, store: InMemoryBlobStore
) -> None:
    reply = run_registered(Activity.OCR_PAGE, REQUEST, with_ocr(store, ScriptedOcr({3: BUSY})))

    assert reply.deferred is not None
    assert (reply.deferred.code, reply.deferred.retry_after_seconds) == ("OCR_UNAVAILABLE", 7)


def test_the_reply_names_the_page_and_not_its_text(
    run_registered: RunRegistered, store: InMemoryBlobStore
) -> None:
    reply = run_registered(Activity.OCR_PAGE, REQUEST, with_ocr(store, ScriptedOcr({3: "text"})))

    assert reply.value == {"page": 3}


TWO_OF_FIVE = PageText(
    number=3, method=PageMethod.OCR, text="one\ftwo", confidence=1, whole=True, cached=False
)


def with_extent(store: InMemoryBlobStore, ocr: ScriptedOcr, pages: int) -> Clients:
    clients = with_ocr(store, ocr)
    reasons = OcrReasons(reasons={3: "read as a whole"}, extent=Extent(pages=pages))
    work_of(clients).write(artefacts.OCR_REASONS, reasons)
    return clients


def test_pages_of_a_whole_file_that_ocr_did_not_answer_are_failed_ones(
    store: InMemoryBlobStore,
) -> None:
    clients = with_extent(store, ScriptedOcr({3: TWO_OF_FIVE}), 5)

    assert ocr_page(REQUEST, clients) == PageRead(page=3)

    pages = [work_of(clients).require(artefacts.PAGE, page=number) for number in range(3, 8)]
    assert [page.method for page in pages] == [PageMethod.OCR] * 2 + [PageMethod.FAILED] * 3
    assert pages[0].further_pages == 4
    assert [page.recognized for page in pages] == [True, True, False, False, False]
    assert all((page.error or "").startswith("OCR_PAGES_MISSING: ") for page in pages[2:])


def test_a_short_answer_of_the_cache_is_not_final(store: InMemoryBlobStore) -> None:
    kept = TWO_OF_FIVE.model_copy(update={"cached": True})
    whole = TWO_OF_FIVE.model_copy(update={"text": "1\f2\f3\f4\f5"})
    ocr = ScriptedOcr({3: [kept, whole]})

    ocr_page(REQUEST, with_extent(store, ocr, 5))

    assert ocr.calls == [3, 3]
    page = work_of(with_ocr(store, ocr)).require(artefacts.PAGE, page=7)
    assert (page.method, page.text) == (PageMethod.OCR, "5")


def test_a_whole_answer_of_the_cache_is_not_paid_again(store: InMemoryBlobStore) -> None:
    ocr = ScriptedOcr({3: TWO_OF_FIVE.model_copy(update={"cached": True})})

    ocr_page(REQUEST, with_extent(store, ocr, 2))

    assert ocr.calls == [3]
