"""The contract of the document index, held against the fake and against Azurite."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from docflow.adapters.azure.index import TableDocumentIndex
from docflow.adapters.azure.storage import table_service
from docflow.errors import PermanentError
from docflow.models.index import IndexEntry
from docflow.models.states import Stage, Status, UrgencyLevel
from docflow.ports import DocumentIndex, IndexQuery
from testkit.fakes import InMemoryIndex

START = datetime(2026, 3, 1, 12, 0, 0, 123_456, tzinfo=UTC)


@pytest.fixture(params=["memory", pytest.param("azurite", marks=pytest.mark.emulator)])
def index(request: pytest.FixtureRequest, unused_name: str) -> Iterator[DocumentIndex]:
    if request.param == "memory":
        yield InMemoryIndex()
    else:
        with table_service(request.getfixturevalue("storage")) as service:
            yield TableDocumentIndex(service, unused_name)


def entry(number: int, **changes: object) -> IndexEntry:
    received = START + timedelta(minutes=number)
    fields: dict[str, object] = {
        "document_id": f"{number:032x}",
        "name": f"invoices/{number}.pdf",
        "status": Status.PROCESSING,
        "stage": Stage.READING,
        "received_at": received,
        "updated_at": received,
        "sequence": 1,
    }
    return IndexEntry.model_validate({**fields, **changes})


def numbers(index: DocumentIndex, query: IndexQuery) -> list[int]:
    """Follow a listing to its end."""
    found: list[IndexEntry] = []
    while True:
        page = index.list(query)
        assert len(page.entries) <= query.limit
        found.extend(page.entries)
        if page.continuation is None:
            return [int(each.document_id, 16) for each in found]
        query = IndexQuery(
            status=query.status,
            urgency=query.urgency,
            name=query.name,
            review=query.review,
            since=query.since,
            limit=query.limit,
            continuation=page.continuation,
        )


def test_an_entry_is_found_as_it_was_put(index: DocumentIndex) -> None:
    put = entry(
        1,
        name="Ordner / mit \\ Zeichen # ? ' 📄.pdf",
        urgency=UrgencyLevel.URGENT,
        score=0.75,
        review_reasons=["urgent", "low confidence"],
        review_deadline=START,
        decided=False,
        title="O'Brien's \"letter\"",
    )

    index.put(put)

    assert index.get(put.document_id) == put
    assert index.list(IndexQuery()).entries == [put]


def test_an_unknown_document_is_none_and_an_empty_index_lists_nothing(
    index: DocumentIndex,
) -> None:
    assert index.get("0" * 32) is None
    assert index.list(IndexQuery()).entries == []
    index.check()


def test_the_newest_is_listed_first(index: DocumentIndex) -> None:
    for number in (2, 3, 1):
        index.put(entry(number))
    within_a_millisecond = START + timedelta(minutes=9)
    for number in (9, 4, 7, 8, 5):
        moment = within_a_millisecond + timedelta(microseconds=number)
        index.put(entry(number, received_at=moment))

    assert numbers(index, IndexQuery()) == [9, 8, 7, 5, 4, 3, 2, 1]


def test_documents_of_one_moment_are_all_listed(index: DocumentIndex) -> None:
    for number in (1, 2, 3):
        index.put(entry(number, received_at=START))

    assert sorted(numbers(index, IndexQuery())) == [1, 2, 3]


def test_a_listing_goes_on_where_it_stopped(index: DocumentIndex) -> None:
    for number in range(1, 8):
        index.put(entry(number))

    assert numbers(index, IndexQuery(limit=3)) == [7, 6, 5, 4, 3, 2, 1]


def test_a_filtered_listing_goes_on_where_it_stopped(index: DocumentIndex) -> None:
    for number in range(1, 10):
        status = Status.WAITING if number % 3 == 0 else Status.PUBLISHED
        index.put(entry(number, status=status))

    assert numbers(index, IndexQuery(status=Status.WAITING, limit=1)) == [9, 6, 3]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (IndexQuery(status=Status.WAITING), [2]),
        (IndexQuery(urgency=UrgencyLevel.URGENT), [2]),
        (IndexQuery(urgency=UrgencyLevel.NORMAL), [3]),
        (IndexQuery(review=True), [2]),
        (IndexQuery(review=False), [3, 1]),
        (IndexQuery(name="invoices/3.pdf"), [3]),
        (IndexQuery(name="invoices/3.PDF"), []),
        (IndexQuery(name="x' or name ne '"), []),
        (IndexQuery(since=datetime(1753, 2, 8, tzinfo=UTC)), [3, 2, 1]),
        (IndexQuery(since=START + timedelta(minutes=2)), [3, 2]),
        (IndexQuery(since=START + timedelta(minutes=2, microseconds=1)), [3]),
        (IndexQuery(since=START + timedelta(minutes=2), status=Status.WAITING), [2]),
        (IndexQuery(status=Status.FAILED), []),
    ],
)
def test_filters_narrow_the_listing(
    index: DocumentIndex, query: IndexQuery, expected: list[int]
) -> None:
    index.put(entry(1))
    index.put(
        entry(2, status=Status.WAITING, urgency=UrgencyLevel.URGENT, review_reasons=["urgent"])
    )
    index.put(entry(3, status=Status.PUBLISHED, urgency=UrgencyLevel.NORMAL))

    assert numbers(index, query) == expected


def test_a_late_write_never_overwrites_a_newer_one(index: DocumentIndex) -> None:
    newer = entry(1, sequence=5, status=Status.PUBLISHED)
    index.put(newer)

    index.put(entry(1, sequence=4))

    assert index.get(newer.document_id) == newer
    assert index.list(IndexQuery()).entries == [newer]


def test_the_same_sequence_and_higher_ones_overwrite(index: DocumentIndex) -> None:
    for sequence, stage in ((1, Stage.READING), (1, Stage.JUDGING), (2, Stage.DONE)):
        put = entry(1, sequence=sequence, stage=stage)
        index.put(put)
        assert index.get(put.document_id) == put
        assert index.list(IndexQuery()).entries == [put]


def test_the_highest_of_concurrent_writes_stays(index: DocumentIndex) -> None:
    threads = [
        threading.Thread(target=index.put, args=(entry(1, sequence=sequence),))
        for sequence in range(1, 7)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    highest = entry(1, sequence=6)
    assert index.get(highest.document_id) == highest
    assert index.list(IndexQuery()).entries == [highest]


@pytest.mark.parametrize(
    "continuation",
    ["nonsense!", "bm9uc2Vuc2U=", base64.b64encode(b'{"PartitionKey": 1}').decode(), "ä"],
)
def test_a_continuation_that_no_listing_gave_is_refused(
    index: DocumentIndex, continuation: str
) -> None:
    index.put(entry(1))

    with pytest.raises(PermanentError) as caught:
        index.list(IndexQuery(continuation=continuation))

    assert caught.value.code == "BAD_CONTINUATION"
