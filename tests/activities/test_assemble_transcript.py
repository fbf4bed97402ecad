from __future__ import annotations

import json

import pytest

from activities.assemble_transcript import assemble_transcript
from docflow.clients import Clients
from docflow.contracts import Activity, Container
from docflow.errors import PermanentError
from docflow.models.pages import (
    OcrReasons,
    PageFailure,
    PageText,
    Transcript,
    TranscriptRequest,
    Word,
)
from docflow.models.states import PageMethod
from docflow.work import artefacts
from testkit.examples import DOCUMENT_ID, RunRegistered, text_page, work_of
from testkit.fakes import fake_clients

WORDS = [Word(text="scan", confidence=0.9)]


def prepared(*texts: PageText, recognized: tuple[PageText, ...] = ()) -> Clients:
    clients = fake_clients()
    work_of(clients).write_pages(artefacts.TEXT_LAYER, texts)
    for page in recognized:
        work_of(clients).write(artefacts.PAGE, page, page=page.number)
    return clients


def scanned(number: int, text: str) -> PageText:
    return text_page(number, text, method=PageMethod.OCR, confidence=0.9, words=WORDS)


def request(**fields: object) -> TranscriptRequest:
    return TranscriptRequest.load({"document_id": DOCUMENT_ID, **fields})


def test_pages_stand_in_order_however_each_was_read() -> None:
    clients = prepared(
        text_page(4, "four"), text_page(1, "one"), recognized=(scanned(3, "3"), scanned(2, "2"))
    )

    transcript = assemble_transcript(request(ocr="2-3"), clients)

    assert [p.text for p in work_of(clients).read_pages(artefacts.TRANSCRIPT)] == [
        "one",
        "2",
        "3",
        "four",
    ]
    assert transcript == Transcript(
        pages=4, pages_read=4, pages_failed=0, ocr_pages=0, characters=9, parts=["1-4"]
    )


def test_all_pages_of_a_document_that_was_read_as_a_whole_are_there() -> None:
    pages = (
        scanned(1, "one").model_copy(update={"further_pages": 2, "recognized": True}),
        scanned(2, "two"),
        scanned(3, "three").model_copy(update={"recognized": True}),
    )
    clients = prepared(recognized=pages)
    work_of(clients).write(artefacts.OCR_REASONS, OcrReasons(reasons={1: "read as a whole"}))

    transcript = assemble_transcript(request(ocr="1"), clients)

    read = work_of(clients).read_pages(artefacts.TRANSCRIPT)
    assert [(page.number, page.text, page.reason) for page in read] == [
        (1, "one", "read as a whole"),
        (2, "two", "read as a whole"),
        (3, "three", "read as a whole"),
    ]
    assert (transcript.pages, transcript.pages_read, transcript.ocr_pages) == (3, 3, 2)


def test_words_stay_with_the_page_and_out_of_the_transcript() -> None:
    clients = prepared(recognized=(scanned(1, "scan"),))

    assemble_transcript(request(ocr="1"), clients)

    assert work_of(clients).read_pages(artefacts.TRANSCRIPT)[0].words == []
    page = work_of(clients).require(artefacts.PAGE, page=1)
    assert page.words == WORDS


def test_failed_pages_stand_in_the_transcript_with_their_reason() -> None:
    clients = prepared(text_page(1, "one"))
    failure = PageFailure(page=2, code="OCR_PAGE_REJECTED", message="Not an image.")

    transcript = assemble_transcript(request(ocr="2", failures=[failure.dump()]), clients)

    page = work_of(clients).read_pages(artefacts.TRANSCRIPT)[1]
    assert (page.method, page.error) == (PageMethod.FAILED, "OCR_PAGE_REJECTED: Not an image.")
    assert (transcript.pages, transcript.pages_read, transcript.pages_failed) == (2, 1, 1)


def test_a_page_whose_text_is_gone_counts_as_failed() -> None:
    clients = prepared(text_page(1, "one"))

    transcript = assemble_transcript(request(ocr="2"), clients)

    assert transcript.pages_failed == 1
    page = work_of(clients).read_pages(artefacts.TRANSCRIPT)[1]
    assert page.error is not None
    assert page.error.startswith("ARTEFACT_MISSING")


def test_long_documents_are_cut_into_parts_of_whole_pages() -> None:
    clients = prepared(*[text_page(n, "x" * 400) for n in range(1, 6)])

    assert assemble_transcript(request(part_characters=1_000), clients).parts == ["1-2", "3-4", "5"]


def test_what_of_a_huge_page_no_part_can_hold_is_counted_as_unread() -> None:
    clients = prepared(text_page(1, "x" * 400), text_page(2, "y" * 1_250))

    transcript = assemble_transcript(request(part_characters=1_000), clients)

    assert transcript.characters_unread == 250
    assert transcript.parts == ["1", "2"]


def test_empty_pages_are_read_and_belong_to_no_part() -> None:
    empty = PageText(number=1, method=PageMethod.EMPTY)

    transcript = assemble_transcript(request(), prepared(empty))

    assert (transcript.pages_read, transcript.characters, transcript.parts) == (1, 0, [])


def test_pages_that_were_left_to_ocr_that_is_off_are_counted() -> None:
    left = PageText(number=2, method=PageMethod.EMPTY, unread=True)

    transcript = assemble_transcript(request(), prepared(text_page(1, "one"), left))

    assert (transcript.pages_read, transcript.pages_unread, transcript.pages_failed) == (1, 1, 0)


def test_pages_that_were_paid_for_are_told_from_those_of_the_cache() -> None:
    paid = scanned(1, "1").model_copy(update={"recognized": True})
    known = scanned(2, "2").model_copy(update={"cached": True})

    transcript = assemble_transcript(request(ocr="1-2"), prepared(recognized=(paid, known)))

    assert (transcript.ocr_pages, transcript.cached_pages) == (1, 1)


def test_tries_that_ocr_never_answered_are_told_apart() -> None:
    paid = scanned(1, "1").model_copy(update={"recognized": True})
    clients = prepared(recognized=(paid,))
    for page in (1, 1, 2):
        work_of(clients).count(artefacts.WASTED_TRIES, page=page)

    transcript = assemble_transcript(request(ocr="1"), clients)

    assert (transcript.ocr_pages, transcript.wasted_pages) == (1, 3)


def test_a_page_from_the_cache_says_so_beside_why_it_needed_ocr() -> None:
    clients = prepared(recognized=(scanned(1, "1").model_copy(update={"cached": True}),))
    work_of(clients).write(artefacts.OCR_REASONS, OcrReasons(reasons={1: "no text layer"}))

    assemble_transcript(request(ocr="1"), clients)

    (page,) = work_of(clients).read_pages(artefacts.TRANSCRIPT)
    assert page.cached
    assert page.reason.startswith("no text layer")
    assert page.reason != "no text layer"


def test_a_second_run_gives_and_stores_the_same() -> None:
    clients = prepared(text_page(1, "one"), recognized=(scanned(2, "two"),))
    first = assemble_transcript(request(ocr="2"), clients)
    stored = clients.store.read(Container.WORK, f"{DOCUMENT_ID}/transcript.jsonl")

    assert assemble_transcript(request(ocr="2"), clients) == first
    assert clients.store.read(Container.WORK, f"{DOCUMENT_ID}/transcript.jsonl") == stored


def test_a_lost_text_layer_is_named() -> None:
    with pytest.raises(PermanentError, match="ARTEFACT_MISSING"):
        assemble_transcript(request(), fake_clients())


def test_the_reply_carries_counts_and_no_text(run_registered: RunRegistered) -> None:
    clients = prepared(text_page(1, "Meter reading"))

    reply = run_registered(Activity.ASSEMBLE_TRANSCRIPT, request(), clients)

    assert reply.value is not None
    assert (reply.value["pages"], reply.value["characters"]) == (1, len("Meter reading"))
    assert "Meter" not in json.dumps(reply.dump())


def test_what_can_be_read_without_ocr_stands_in_for_what_ocr_did_not_find() -> None:
    nothing = text_page(2, "", method=PageMethod.EMPTY, recognized=True)
    clients = prepared(text_page(1, "one"), recognized=(nothing,))
    reasons = OcrReasons(
        reasons={2: "few characters", 3: "shows more"},
        layers={2: text_page(2, "电费逾期请付款。"), 3: text_page(3, "the footer")},
    )
    work_of(clients).write(artefacts.OCR_REASONS, reasons)
    failure = PageFailure(page=3, code="OCR_UNAVAILABLE", message="Down.")

    transcript = assemble_transcript(request(ocr="2-3", failures=[failure.dump()]), clients)

    pages = work_of(clients).read_pages(artefacts.TRANSCRIPT)
    assert [(page.text, page.unread) for page in pages] == [
        ("one", False),
        ("电费逾期请付款。", False),
        ("the footer", True),
    ]
    assert pages[2].error == "OCR_UNAVAILABLE: Down."
    assert (transcript.pages_read, transcript.pages_failed, transcript.pages_unread) == (2, 0, 1)
    assert (transcript.ocr_pages, transcript.layer_pages) == (1, 2)
