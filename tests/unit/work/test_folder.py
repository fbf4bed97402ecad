from __future__ import annotations

import json
from pathlib import Path

import pytest

from docflow.contracts import Container
from docflow.errors import PermanentError
from docflow.models.facts import Ticket
from docflow.models.reviews import ApprovalDecision, StoredDecision
from docflow.models.usage import UsageLine
from docflow.work import artefacts
from docflow.work.folder import to_json
from testkit.examples import ACCEPTED, DOCUMENT_ID, PAGES, model_call, text_page, work_of
from testkit.fakes import START, InMemoryBlobStore, fake_clients

TICKET = Ticket(key="DOC-1", url="https://tickets.example.com/browse/DOC-1")


def decided(*, approved: bool) -> StoredDecision:
    return StoredDecision(decision=ApprovalDecision(approved=approved), decided_at=START)


def test_everything_of_a_document_lies_under_its_id(tmp_path: Path) -> None:
    store = InMemoryBlobStore()
    work = work_of(fake_clients(store=store))
    page = tmp_path / "page"
    page.write_bytes(b"a page")

    work.write(artefacts.INSPECTION, ACCEPTED)
    work.write_pages_for_ocr(page)
    work.write(artefacts.PAGE, text_page(7, "seven"), page=7)
    work.write_pages(artefacts.TEXT_LAYER, PAGES)
    work.write_pages(artefacts.TRANSCRIPT, PAGES)
    work.write(artefacts.TICKET, TICKET)
    work.write_new(artefacts.DECISION, decided(approved=True))

    assert list(store.list(Container.WORK, "")) == [
        f"{DOCUMENT_ID}/{name}"
        for name in (
            "decision.json",
            "inspection.json",
            "ocr-pages.bin",
            "pages/000007.json",
            "text-layer.jsonl",
            "text-layer.table",
            "ticket.json",
            "transcript.jsonl",
            "transcript.table",
        )
    ]


def test_what_was_written_is_read_back() -> None:
    work = work_of(fake_clients())
    pages = [text_page(1, "Zeile eins\u2028und zwei\nund drei, \u00e4\u00f6\u00fc"), *PAGES[1:]]

    work.write(artefacts.INSPECTION, ACCEPTED)
    work.write_pages(artefacts.TRANSCRIPT, pages)
    work.write(artefacts.TICKET, TICKET)

    assert work.read(artefacts.INSPECTION) == ACCEPTED
    assert work.read_pages(artefacts.TRANSCRIPT) == pages
    assert work.read(artefacts.TICKET) == TICKET


def test_what_is_not_there_yet_is_none() -> None:
    work = work_of(fake_clients())

    assert (
        work.read(artefacts.INSPECTION),
        work.read(artefacts.PAGE, page=1),
        work.read(artefacts.TICKET),
    ) == (None, None, None)
    assert work.read(artefacts.DECISION) is None
    assert work.pages_read() == 0


@pytest.mark.parametrize(("pages", "numbers"), [(None, [1, 2]), ("2", [2]), ("5-9", [])])
def test_a_transcript_is_read_in_part_or_whole(pages: str | None, numbers: list[int]) -> None:
    work = work_of(fake_clients())
    work.write_pages(artefacts.TRANSCRIPT, PAGES)

    assert [page.number for page in work.read_pages(artefacts.TRANSCRIPT, pages)] == numbers


def test_pages_are_counted_as_they_come_in() -> None:
    work = work_of(fake_clients())
    for number in (3, 1, 3):
        work.write(artefacts.PAGE, text_page(number, "x"), page=number)

    assert work.pages_read() == 2


def test_the_first_decision_stays() -> None:
    work = work_of(fake_clients())

    stored = [
        work.write_new(artefacts.DECISION, decided(approved=approved)) for approved in (True, False)
    ]

    assert stored == [True, False]
    assert work.read(artefacts.DECISION) == decided(approved=True)


def test_what_a_step_must_have_left_is_named_where_it_is_gone(tmp_path: Path) -> None:
    work = work_of(fake_clients())

    with pytest.raises(PermanentError, match=r"ticket\.json") as caught:
        work.require(artefacts.TICKET)
    assert caught.value.code == "ARTEFACT_MISSING"
    with pytest.raises(PermanentError, match="original"):
        work.download_source(tmp_path / "file")


def test_json_for_people_keeps_letters_readable() -> None:
    assert "M\u00fcller" in to_json({"name": "M\u00fcller"}).decode()
    assert json.loads(to_json({"name": "M\u00fcller"})) == {"name": "M\u00fcller"}


class MeteredStore(InMemoryBlobStore):
    """Counts the bytes that are read."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes_read = 0

    def read(self, container: str, name: str) -> bytes | None:
        content = super().read(container, name)
        self.bytes_read += len(content or b"")
        return content

    def read_part(self, container: str, name: str, offset: int, length: int) -> bytes | None:
        content = InMemoryBlobStore.read(self, container, name)
        part = None if content is None else content[offset : offset + length]
        self.bytes_read += len(part or b"")
        return part


def test_reading_some_pages_reads_little_more_than_those() -> None:
    store = MeteredStore()
    work = work_of(fake_clients(store=store))
    pages = [text_page(number, f"{number} " * 500) for number in range(1, 201)]
    work.write_pages(artefacts.TRANSCRIPT, pages)
    store.bytes_read = 0

    found = work.read_pages(artefacts.TRANSCRIPT, "101-103")

    assert [page.number for page in found] == [101, 102, 103]
    assert store.bytes_read < 1.2 * sum(len(page.model_dump_json()) for page in found)


@pytest.mark.parametrize(("pages", "numbers"), [("3", []), ("1-5", [2, 4]), ("4-9", [4])])
def test_pages_that_are_not_there_are_left_out(pages: str, numbers: list[int]) -> None:
    work = work_of(fake_clients())
    work.write_pages(artefacts.TEXT_LAYER, [text_page(2, "two"), text_page(4, "four")])

    assert [page.number for page in work.read_pages(artefacts.TEXT_LAYER, pages)] == numbers


def test_pages_of_version_1_have_no_table_and_are_read_as_well() -> None:
    store = InMemoryBlobStore()
    work = work_of(fake_clients(store=store))
    work.write_pages(artefacts.TRANSCRIPT, PAGES)
    store.delete(Container.WORK, work.path(artefacts.TRANSCRIPT.table))

    assert work.read_pages(artefacts.TRANSCRIPT, "2") == [PAGES[1]]


def test_what_calls_took_is_one_sum_by_kind() -> None:
    work = work_of(fake_clients())
    for key in ("part 1", "part 2"):
        work.add_usage(UsageLine(key=key, call=model_call("summarize")))
    work.add_usage(UsageLine(key="urgency", call=model_call("judge_urgency")))

    assert [(call.step, call.calls, call.prompt_tokens) for call in work.read_usage()] == [
        ("summarize", 2, 200),
        ("judge_urgency", 1, 100),
    ]


def test_a_line_that_was_appended_twice_counts_once() -> None:
    work = work_of(fake_clients())
    for _ in range(2):
        work.add_usage(UsageLine(key="part 1", call=model_call("summarize")))

    assert [call.calls for call in work.read_usage()] == [1]


def test_what_calls_took_in_version_1_is_still_known() -> None:
    work = work_of(fake_clients())
    for mark in ("1-summarize-0001", "1-summarize-0002"):
        work.write(artefacts.CALL_OF_VERSION_1, model_call("summarize"), mark=mark)

    assert [(call.step, call.calls) for call in work.read_usage()] == [("summarize", 2)]
