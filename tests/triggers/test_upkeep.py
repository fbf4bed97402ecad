from __future__ import annotations

import asyncio

import pytest

from docflow.contracts import Container, document_id_for
from docflow.errors import TransientError
from docflow.models.documents import FlowSettings, Source
from docflow.models.states import Stage, Status
from docflow.settings import Settings
from docflow.work.artefacts import CLAIM
from docflow.work.folder import WorkFolder
from testkit.app import InMemoryApp
from testkit.fakes import START
from triggers.intake import first_attempt, start_document
from triggers.upkeep import (
    MOST_EXPIRED,
    REDELIVERED_AFTER,
    SETTLED_AFTER,
    expire_cache,
    mend_documents,
)

SOURCE = Source(container="incoming", name="a.pdf", etag="0x1", bytes=3)
REQUEST = first_attempt(SOURCE, received_at=START, via="blob", flow=FlowSettings())


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


def test_an_old_upload_is_left_to_the_trigger(app: InMemoryApp) -> None:
    app.holds(Container.INCOMING, "a.pdf", b"%PDF")
    app.clock.advance(seconds=REDELIVERED_AFTER.total_seconds() + 1)

    assert mend(app) == 0
    assert app.client.starts == []


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
