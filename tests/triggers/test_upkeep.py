from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from docflow.contracts import Container, document_id_for
from docflow.errors import ErrorCode, PermanentError, TransientError
from docflow.models.documents import FlowSettings, Source, SweepState
from docflow.models.states import Stage, Status
from docflow.settings import Settings
from docflow.work.artefacts import CLAIM, SWEEP
from docflow.work.folder import WorkFolder, write_artefact
from docflow.work.uploads import SETTLED_AFTER
from testkit.app import InMemoryApp
from testkit.fakes import START, InMemoryBlobStore, failing
from triggers import overlooked
from triggers.blob_reference import BlobReference
from triggers.intake import first_attempt, start_document
from triggers.upkeep import MOST_EXPIRED, expire_cache, mend_documents
from triggers.uploads import take_upload

SOURCE = Source(container="incoming", name="a.pdf", etag="0x1", bytes=3)
REQUEST = first_attempt(SOURCE, received_at=START, via="blob", flow=FlowSettings())


AWAY = TransientError(ErrorCode.STORAGE_UNAVAILABLE, "away")


def take(app: InMemoryApp, name: str) -> None:
    blob = BlobReference(Container.INCOMING, name)
    asyncio.run(take_upload(blob, clients=app.clients, client=app.client))


def expire(app: InMemoryApp) -> int:
    return expire_cache(clients=app.clients)


def mend(app: InMemoryApp) -> int:
    return asyncio.run(mend_documents(clients=app.clients, client=app.client))


def keep(app: InMemoryApp, *names: str) -> None:
    for name in names:
        app.holds(Container.WORK, name, b"{}")


def kept(app: InMemoryApp) -> list[str]:
    return list(app.store.list(Container.WORK, ""))


def test_what_was_kept_for_long_enough_is_deleted_and_nothing_else(app: InMemoryApp) -> None:
    keep(app, "cache/ocr/old.json", "cache/model/old.json", "0123/source")
    app.clock.advance(days=2)
    keep(app, "cache/ocr/young.json")
    app.clock.advance(days=29)

    assert [expire(app), expire(app)] == [2, 0]
    assert kept(app) == ["0123/source", "cache/ocr/young.json"]


def test_what_the_api_needs_for_a_time_alone_is_deleted_after_it(app: InMemoryApp) -> None:
    keep(app, "staged/1", "receipts/1.json", "names/1.json")
    app.clock.advance(minutes=61)
    assert expire(app) == 1
    app.clock.advance(hours=24)

    assert expire(app) == 1
    assert kept(app) == ["names/1.json"]


def test_a_cache_that_is_turned_off_is_emptied(app: InMemoryApp) -> None:
    keep(app, "cache/ocr/young.json")
    app.clock.advance(seconds=1)
    app.use(settings=Settings.load({"CACHE_RETENTION_DAYS": "0"}))

    expire(app)

    assert kept(app) == []


def test_a_large_cache_is_cleared_bit_by_bit(app: InMemoryApp) -> None:
    keep(app, *[f"cache/ocr/{number}.json" for number in range(MOST_EXPIRED + 7)])
    app.clock.advance(days=31)

    assert [expire(app), expire(app), expire(app)] == [MOST_EXPIRED, 7, 0]


def test_a_document_that_was_claimed_but_never_started_is_started(app: InMemoryApp) -> None:
    app.client.failures = [None, Exception("the host died")]
    with pytest.raises(TransientError, match="ORCHESTRATION_UNAVAILABLE"):
        asyncio.run(start_document(REQUEST, clients=app.clients, client=app.client))
    app.clock.advance(seconds=SETTLED_AFTER.total_seconds())

    assert [mend(app), mend(app)] == [1, 0]
    assert [start.instance_id for start in app.client.starts] == [REQUEST.document_id]


@pytest.mark.parametrize("claimed", [True, False])
def test_an_upload_that_nobody_started_is_started_once_within_two_minutes(
    app: InMemoryApp, *, claimed: bool
) -> None:
    etag = app.holds(Container.INCOMING, "a.pdf", b"%PDF")
    app.holds(Container.INCOMING, "scans/", b"", "")
    document_id = document_id_for("incoming", "a.pdf", etag)
    if claimed:
        source = SOURCE.model_copy(update={"etag": etag})
        first = first_attempt(source, received_at=START, via="blob", flow=FlowSettings())
        WorkFolder(app.store, document_id).write_new(CLAIM, first)

    started = []
    for _ in range(4):
        app.clock.advance(seconds=SETTLED_AFTER.total_seconds() - 1)
        started.append(mend(app))

    assert started == [0, 1, 0, 0]
    assert [start.instance_id for start in app.client.starts] == [document_id]


def listed(app: InMemoryApp) -> CountingStore:
    store = CountingStore(app.store)
    app.use(store=store)
    return store


class CountingStore:
    """The store of an app, with a count of the calls of each method."""

    def __init__(self, store: InMemoryBlobStore) -> None:
        self.calls: Counter[str] = Counter()
        self._store = store

    def __getattr__(self, name: str) -> Any:
        self.calls[name] += 1
        return getattr(self._store, name)


def started_names(app: InMemoryApp) -> list[str]:
    return sorted(start.input["source"]["name"] for start in app.client.starts)


@pytest.mark.parametrize("age", [timedelta(minutes=16), timedelta(days=400)])
def test_an_upload_without_a_document_is_started_however_old_it_is(
    app: InMemoryApp, age: timedelta
) -> None:
    app.holds(Container.INCOMING, "a.pdf", b"%PDF")
    app.clock.advance(seconds=age.total_seconds())

    assert [mend(app), mend(app)] == [1, 0]
    assert started_names(app) == ["a.pdf"]


def test_old_uploads_are_looked_at_part_by_part_and_new_ones_found_meanwhile(
    app: InMemoryApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overlooked, "MOST_LOOKED_AT", 3)
    for number in range(8):
        app.holds(Container.INCOMING, f"{number}.pdf", b"%PDF")
    app.clock.advance(hours=1)

    assert [mend(app) for _ in range(4)] == [3, 3, 2, 0]
    app.holds(Container.INCOMING, "5b.pdf", b"%PDF")
    app.clock.advance(seconds=31)
    assert [mend(app), mend(app)] == [1, 0]
    assert len(started_names(app)) == len(set(started_names(app))) == 9


def test_a_pass_goes_on_at_the_page_where_the_last_run_stopped(
    app: InMemoryApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overlooked, "MOST_PAGES", 2)
    pages = app.store.list_page
    monkeypatch.setattr(app.store, "list_page", partial(pages, limit=2))
    for number in range(9):
        app.holds(Container.INCOMING, f"{number}.pdf", b"%PDF")
    app.clock.advance(hours=1)

    assert [mend(app) for _ in range(4)] == [4, 4, 1, 0]


def test_a_place_in_the_listing_that_is_not_valid_any_more_starts_the_pass_anew(
    app: InMemoryApp,
) -> None:
    app.holds(Container.INCOMING, "a.pdf", b"%PDF")
    app.clock.advance(hours=1)
    state = SweepState(began=START, continuation="of another version")
    write_artefact(app.store, SWEEP, state)

    assert mend(app) == 1


def test_at_rest_a_run_is_one_page_of_the_listing(app: InMemoryApp) -> None:
    for number in range(50):
        app.holds(Container.INCOMING, f"{number}.pdf", b"%PDF")
    app.clock.advance(hours=1)
    mend(app)
    mend(app)
    store = listed(app)

    for _ in range(5):
        app.clock.advance(minutes=1)
        mend(app)

    assert store.calls == {"list_page": 5, "read": 5}


def test_an_upload_that_has_a_document_costs_one_request_once(app: InMemoryApp) -> None:
    mend(app)
    for number in range(5):
        app.holds(Container.INCOMING, f"{number}.pdf", b"%PDF")
        take(app, f"{number}.pdf")
    store = listed(app)

    app.clock.advance(minutes=1)
    assert [mend(app), mend(app)] == [0, 0]

    assert store.calls["properties"] == 5


def test_an_upload_that_cannot_be_started_now_is_tried_again(app: InMemoryApp) -> None:
    for name in ("a.pdf", "b.pdf"):
        app.holds(Container.INCOMING, name, b"%PDF")
    app.clock.advance(hours=1)
    app.client.failures = [Exception("away")]

    assert [mend(app), mend(app), mend(app)] == [1, 1, 0]
    assert started_names(app) == ["a.pdf", "b.pdf"]


def test_an_upload_that_can_never_be_started_costs_the_others_nothing(app: InMemoryApp) -> None:
    app.holds(Container.INCOMING, "a.pdf", b"%PDF")
    app.clock.advance(hours=1)
    rejected = PermanentError(ErrorCode.STORAGE_REJECTED, "A bad name.")
    app.use(store=failing(app.store, "copy", rejected, forever=True))
    assert [mend(app), mend(app)] == [0, 0]
    store = listed(app)

    mend(app)

    assert store.calls == {"list_page": 1, "read": 1}


@pytest.mark.parametrize("left", ["index", "record"])
def test_a_document_is_not_started_again_when_work_was_emptied(app: InMemoryApp, left: str) -> None:
    app.holds(Container.INCOMING, "a.pdf", b"%PDF")
    take(app, "a.pdf")
    (identifier,) = app.index.entries
    app.instance_is("Completed", of=identifier)
    for name in list(app.store.list(Container.WORK, "")):
        app.store.delete(Container.WORK, name)
    if left == "record":
        app.index.entries.clear()
        app.holds(Container.RESULTS, f"{identifier}.json", b"{}")
    app.clock.advance(days=30)

    assert mend(app) == 0
    assert len(app.client.starts) == 1


@pytest.mark.parametrize(
    ("name", "metadata"), [("a/", {}), ("a", {"hdi_isfolder": "true"}), ("a/", {"x": "y"})]
)
def test_a_folder_is_not_started(app: InMemoryApp, name: str, metadata: dict[str, str]) -> None:
    app.holds(Container.INCOMING, name, b"content")
    app.store.change(Container.INCOMING, name, metadata=metadata)
    app.clock.advance(hours=1)

    assert mend(app) == 0


def test_a_file_that_the_api_stored_and_left_is_started_and_its_retry_finds_it(
    app: InMemoryApp,
) -> None:
    app.use(store=failing(app.store, "write_new", AWAY, forever=True))
    assert app.post("documents", b"%PDF", name="a.pdf").status == 503
    app.use(store=app.store)
    app.clock.advance(minutes=1)
    assert mend(app) == 1
    (started,) = app.client.starts

    retried = app.post("documents", b"%PDF", name="a.pdf")

    assert retried.json["id"] == started.instance_id
    assert len(app.client.starts) == 1


def test_a_copy_of_such_a_file_under_another_name_is_a_document_of_its_own(
    app: InMemoryApp,
) -> None:
    headers = {"Idempotency-Key": "k"}
    app.post("documents", b"%PDF", headers, name="a.pdf")
    app.store.copy((Container.INCOMING, "a.pdf"), (Container.INCOMING, "b.pdf"))
    app.clock.advance(minutes=1)

    assert mend(app) == 1
    assert started_names(app) == ["a.pdf", "b.pdf"]


# Uploads that change in place.


def test_a_file_that_is_written_bit_by_bit_is_one_document_of_all_its_bytes(
    app: InMemoryApp,
) -> None:
    for piece in (b"first ", b"second ", b"third"):
        app.store.append(Container.INCOMING, "log.txt", piece, content_type="text/plain")
        take(app, "log.txt")
        app.clock.advance(seconds=20)
        mend(app)
    assert app.client.starts == []

    app.clock.advance(seconds=20)
    mend(app)

    (started,) = app.client.starts
    kept = app.store.read(Container.WORK, f"{started.instance_id}/source")
    assert kept == b"first second third"


@pytest.mark.parametrize("with_md5", [True, False])
@pytest.mark.parametrize("noticed_by", ["trigger", "upkeep"])
def test_a_change_of_metadata_alone_makes_no_document(
    app: InMemoryApp, noticed_by: str, *, with_md5: bool
) -> None:
    app.holds(Container.INCOMING, "a.pdf", b"%PDF")
    app.store.change(Container.INCOMING, "a.pdf", with_md5=with_md5)
    take(app, "a.pdf")
    mend(app)
    app.clock.advance(minutes=5)
    for value in ("one", "two"):
        app.store.change(Container.INCOMING, "a.pdf", metadata={"key": value})
        if noticed_by == "trigger":
            take(app, "a.pdf")
        app.clock.advance(minutes=1)
        mend(app)

    assert len(app.client.starts) == 1


def test_nor_does_it_after_an_upload_by_the_api(app: InMemoryApp) -> None:
    app.post("documents", b"%PDF", name="a.pdf")
    app.store.change(Container.INCOMING, "a.pdf", metadata={"key": "value"})
    take(app, "a.pdf")
    app.clock.advance(minutes=1)

    assert mend(app) == 0
    assert len(app.client.starts) == 1


@pytest.mark.parametrize("with_md5", [True, False])
def test_other_bytes_in_place_are_another_document(app: InMemoryApp, *, with_md5: bool) -> None:
    app.holds(Container.INCOMING, "a.pdf", b"%PDF 1")
    app.store.change(Container.INCOMING, "a.pdf", with_md5=with_md5)
    take(app, "a.pdf")
    app.store.change(Container.INCOMING, "a.pdf", content=b"%PDF 2")
    take(app, "a.pdf")

    assert len(app.client.starts) == 2


def test_the_same_bytes_written_anew_are_another_document(app: InMemoryApp) -> None:
    for _ in range(2):
        app.holds(Container.INCOMING, "a.pdf", b"%PDF")
        take(app, "a.pdf")
        app.clock.advance(minutes=1)

    assert len(app.client.starts) == 2


def test_a_document_that_is_just_being_started_is_left_alone(app: InMemoryApp) -> None:
    app.lists()

    assert mend(app) == 0
    assert app.client.starts == []


@pytest.mark.parametrize("state", ["Terminated", "Failed", "Canceled"])
def test_a_document_whose_instance_was_stopped_shows_as_failed(
    app: InMemoryApp, state: str
) -> None:
    waiting = app.lists(status=Status.WAITING, stage=Stage.WAITING_FOR_REVIEW, sequence=1)
    app.instance_is(state)
    app.clock.advance(hours=1)

    assert mend(app) == 1

    found = app.index.entries[waiting.document_id]
    assert (found.status, found.error_code) == (Status.FAILED, f"INSTANCE_{state.upper()}")


def test_a_document_whose_instance_is_gone_shows_as_failed(app: InMemoryApp) -> None:
    app.holds(Container.INCOMING, "a.pdf", b"%PDF")
    take(app, "a.pdf")
    (identifier,) = app.index.entries
    app.client.instances.clear()
    app.clock.advance(minutes=9)
    assert mend(app) == 0
    app.clock.advance(minutes=2)

    assert [mend(app), mend(app)] == [1, 0]
    found = app.index.entries[identifier]
    assert (found.status, found.error_code) == (Status.FAILED, "INSTANCE_LOST")
    assert app.post(f"documents/{identifier}/reprocess").json["attempt"] == 2


def test_a_document_that_lost_its_claim_too_shows_as_failed(app: InMemoryApp) -> None:
    lost = app.lists()
    app.clock.advance(minutes=11)

    assert mend(app) == 1
    assert app.index.entries[lost.document_id].error_code == "INSTANCE_LOST"


def test_a_document_that_has_a_record_shows_its_end_though_its_instance_is_gone(
    app: InMemoryApp,
) -> None:
    ended = app.lists(status=Status.WAITING, stage=Stage.WAITING_FOR_REVIEW, sequence=1)
    app.holds(Container.RESULTS, f"{ended.document_id}.json", b'{"status": "rejected"}')
    app.clock.advance(minutes=11)

    assert mend(app) == 1
    found = app.index.entries[ended.document_id]
    assert (found.status, found.error_code) == (Status.REJECTED, None)


@pytest.mark.parametrize("state", ["Running", "Pending", "Suspended", "Completed"])
def test_a_document_under_way_is_left_alone(app: InMemoryApp, state: str) -> None:
    under_way = app.lists()
    app.instance_is(state)
    app.clock.advance(hours=1)

    assert mend(app) == 0
    assert app.index.entries == {under_way.document_id: under_way}


def test_one_document_that_cannot_be_mended_does_not_keep_the_others_from_it(
    app: InMemoryApp,
) -> None:
    for document_id in ("1" * 32, "2" * 32):
        app.lists(document_id)
        app.instance_is("Terminated", of=document_id)
    app.client.failures = [Exception("away")]
    app.clock.advance(hours=1)

    assert mend(app) == 1
