"""The contract of the document index, held against the fake and against Azurite."""

from __future__ import annotations

import base64
import itertools
import random
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from docflow.adapters.azure import index as table_index
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
    [
        "nonsense!",
        "ä",
        "bm9uc2Vuc2U=",
        "A" * 100_000,
        *(
            base64.b64encode(text.encode()).decode()
            for text in (
                '{"PartitionKey": 1}',
                '{"PartitionKey": "by-time", "RowKey": "1"}',
                '{"PartitionKey": "1!8!YnktdGltZQ--", "RowKey": "1!8!MQ--"}',
                "{}",
                "[]",
                "null",
                "[" * 50_000,
                '{"after": null}',
                '{"after": "e-1"}',
                f'{{"after": "e-{"9" * 17}-{"g" * 32}"}}',
                f'{{"after": "e-{"٣" * 17}-{"0" * 32}"}}',
                f'{{"after": "e-{"0" * 17}-{"0" * 32}", "x": 1}}',
            )
        ),
    ],
)
def test_a_continuation_that_no_listing_gave_is_refused(
    index: DocumentIndex, continuation: str
) -> None:
    index.put(entry(1))

    with pytest.raises(PermanentError) as caught:
        index.list(IndexQuery(continuation=continuation))

    assert caught.value.code == "BAD_CONTINUATION"


# Sums.


def published(number: int, **changes: object) -> IndexEntry:
    ended = START + timedelta(minutes=number, seconds=12)
    fields = {"status": Status.PUBLISHED, "updated_at": ended, "sequence": 3, "pages": 2}
    return entry(number, **{**fields, **changes})


def test_each_document_is_summed_up_once_as_it_is_now(index: DocumentIndex) -> None:
    for sequence, status in enumerate((Status.PROCESSING, Status.WAITING)):
        index.put(entry(1, sequence=sequence, status=status))
    for _ in range(2):  # a step that runs twice
        index.put(published(1, review_reasons=["urgent"], estimated_usd=0.1))
    index.put(entry(1, sequence=0))  # a late one
    index.put(published(2, cached_calls=4, estimated_usd=0.2))

    totals = index.totals(START)

    assert totals.documents == totals.matching(status=Status.PUBLISHED) == 2
    assert (totals.matching(review=True), totals.amount("cached_calls")) == (1, 4)
    assert (totals.amount("pages"), totals.dollars("estimated_usd")) == (4, 0.3)
    assert totals.seconds_to_end(0.5) == 12


def test_what_was_published_and_undone_is_summed_up_as_failed(index: DocumentIndex) -> None:
    index.put(published(1, urgency=UrgencyLevel.URGENT))

    index.put(published(1, status=Status.FAILED, sequence=4, pages=3))

    totals = index.totals(START)
    assert (totals.matching(status=Status.PUBLISHED), totals.matching(status=Status.FAILED)) == (
        0,
        1,
    )
    assert (totals.documents, totals.amount("pages")) == (1, 3)
    assert totals.matching(urgency=UrgencyLevel.URGENT) == 0


def test_sums_are_right_after_many_writers(index: DocumentIndex, unused_name: str) -> None:
    def write(first: int) -> None:
        for number in range(first, first + 5):
            index.put(entry(number % 7))
            index.put(published(number % 7))

    threads = [threading.Thread(target=write, args=(first,)) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert index.totals(START - timedelta(minutes=1)).figures == {
        "n/published//0": 7,
        "t/1.2e+01": 7,
        "u/1.2e+01": 7,
        "pages": 14,
    }


@pytest.mark.emulator
def test_instances_of_the_app_write_the_same_sums(storage: object, unused_name: str) -> None:
    with table_service(storage) as first, table_service(storage) as second:  # type: ignore[arg-type]
        indexes = [TableDocumentIndex(each, unused_name) for each in (first, second)]
        indexes[1]._shard = indexes[0]._shard  # by chance
        for number in range(6):
            indexes[number % 2].put(published(number))

        assert [each.totals(START).documents for each in indexes] == [6, 6]


# Many documents.


def some(count: int) -> list[IndexEntry]:
    chosen = random.Random(7)
    return [
        entry(
            number,
            name=f"{number % 5}.pdf",
            status=chosen.choice([Status.PUBLISHED] * 8 + list(Status)),
            urgency=chosen.choice([None, *UrgencyLevel]),
            review_reasons=chosen.choice([[], [], ["urgent"]]),
            received_at=START + timedelta(minutes=chosen.randrange(90 * 24 * 60)),
            updated_at=START + timedelta(days=200),
            pages=number,
        )
        for number in range(count)
    ]


@pytest.mark.emulator
@pytest.mark.parametrize(("scanned", "dense"), [(3, 2), (12, 5), (1_000, 10)])
def test_filters_find_all_and_nothing_else_however_they_are_looked_for(
    storage: object, unused_name: str, monkeypatch: pytest.MonkeyPatch, scanned: int, dense: int
) -> None:
    monkeypatch.setattr(table_index, "SCANNED", scanned)
    monkeypatch.setattr(table_index, "DENSE", dense)
    entries = some(80)
    expected = InMemoryIndex(*entries)
    with table_service(storage) as service:  # type: ignore[arg-type]
        index = TableDocumentIndex(service, unused_name)
        for each in entries:
            index.put(each)

        for status, urgency, review in itertools.product(
            [None, Status.PUBLISHED, Status.FAILED], [None, UrgencyLevel.URGENT], [None, True]
        ):
            for name, since in [(None, None), (None, entries[5].received_at), ("3.pdf", None)]:
                query = IndexQuery(status, urgency, name=name, review=review, since=since, limit=5)
                assert numbers(index, query) == numbers(expected, query)
        for each in entries[:20]:
            since = each.received_at.replace(second=0, microsecond=0)
            assert index.totals(since) == expected.totals(since)


# What version 0.1.0 left.


@pytest.mark.emulator
def test_rows_of_version_0_1_0_are_found_and_carried_over(
    storage: object, unused_name: str
) -> None:
    with table_service(storage) as service:  # type: ignore[arg-type]
        table = service.create_table(unused_name)
        for each in (published(1), published(2)):
            inverted = table_index._row(each.received_at, each.document_id).removeprefix("e-")
            for partition, key in (("by-id", each.document_id), ("by-time", inverted)):
                row = {"PartitionKey": partition, "RowKey": key, "sequence": each.sequence}
                table.create_entity({**row, "entry": each.model_dump_json(exclude_none=True)})
        index = TableDocumentIndex(service, unused_name)
        newer = published(2, status=Status.FAILED, sequence=4)

        assert index.get(published(1).document_id) == published(1)
        index.put(newer)
        moved = [index.carry_over(1), index.carry_over(5), index.carry_over(5)]

        assert moved == [1, 1, 0]
        assert index.list(IndexQuery()).entries == [newer, published(1)]
        assert index.totals(START).documents == 2
        left = {row["PartitionKey"] for row in table.list_entities()}
        assert not left & {"by-id", "by-time"}
