from __future__ import annotations

import json
from pathlib import Path

import pytest

from docflow.contracts import Container
from docflow.errors import PermanentError
from docflow.models.delivery import Ticket
from docflow.models.reviews import ApprovalDecision, StoredDecision
from docflow.work.folder import to_json
from testkit.examples import ACCEPTED, DOCUMENT_ID, PAGES, text_page, work_of
from testkit.fakes import START, InMemoryBlobStore, fake_clients

TICKET = Ticket(key="DOC-1", url="https://tickets.example.com/browse/DOC-1")


def decided(*, approved: bool) -> StoredDecision:
    return StoredDecision(decision=ApprovalDecision(approved=approved), decided_at=START)


def test_everything_of_a_document_lies_under_its_id(tmp_path: Path) -> None:
    store = InMemoryBlobStore()
    work = work_of(fake_clients(store=store))
    page = tmp_path / "page"
    page.write_bytes(b"a page")

    work.write_accepted(ACCEPTED)
    work.write_pages_for_ocr(page)
    work.write_page(text_page(7, "seven"))
    work.write_text_layer(PAGES)
    work.write_transcript(PAGES)
    work.write_ticket(TICKET)
    work.store_decision(decided(approved=True))

    assert list(store.list(Container.WORK, "")) == [
        f"{DOCUMENT_ID}/{name}"
        for name in (
            "decision.json",
            "inspection.json",
            "ocr-pages.bin",
            "pages/000007.json",
            "text-layer.jsonl",
            "ticket.json",
            "transcript.jsonl",
        )
    ]


def test_what_was_written_is_read_back() -> None:
    work = work_of(fake_clients())
    pages = [text_page(1, "Zeile eins\u2028und zwei\nund drei, \u00e4\u00f6\u00fc"), *PAGES[1:]]

    work.write_accepted(ACCEPTED)
    work.write_transcript(pages)
    work.write_ticket(TICKET)

    assert work.read_accepted() == ACCEPTED
    assert work.read_transcript() == pages
    assert work.read_ticket() == TICKET


def test_what_is_not_there_yet_is_none() -> None:
    work = work_of(fake_clients())

    assert (work.read_accepted(), work.read_page(1), work.read_ticket()) == (None, None, None)
    assert work.read_decision() is None
    assert work.pages_read() == 0


@pytest.mark.parametrize(("pages", "numbers"), [(None, [1, 2]), ("2", [2]), ("5-9", [])])
def test_a_transcript_is_read_in_part_or_whole(pages: str | None, numbers: list[int]) -> None:
    work = work_of(fake_clients())
    work.write_transcript(PAGES)

    assert [page.number for page in work.read_transcript(pages)] == numbers


def test_pages_are_counted_as_they_come_in() -> None:
    work = work_of(fake_clients())
    for number in (3, 1, 3):
        work.write_page(text_page(number, "x"))

    assert work.pages_read() == 2


def test_the_first_decision_stays() -> None:
    work = work_of(fake_clients())

    stored = [work.store_decision(decided(approved=approved)) for approved in (True, False)]

    assert stored == [True, False]
    assert work.read_decision() == decided(approved=True)


def test_what_a_step_must_have_left_is_named_where_it_is_gone(tmp_path: Path) -> None:
    work = work_of(fake_clients())

    with pytest.raises(PermanentError, match=r"ticket\.json") as caught:
        work.require("ticket.json", Ticket)
    assert caught.value.code == "ARTEFACT_MISSING"
    with pytest.raises(PermanentError, match="original"):
        work.download_source(tmp_path / "file")


def test_json_for_people_keeps_letters_readable() -> None:
    assert "M\u00fcller" in to_json({"name": "M\u00fcller"}).decode()
    assert json.loads(to_json({"name": "M\u00fcller"})) == {"name": "M\u00fcller"}
