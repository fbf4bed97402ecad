from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from docflow.clients import Clients
from docflow.contracts import Container, document_id_for
from docflow.models.documents import FlowSettings, Source
from docflow.models.index import IndexEntry
from docflow.models.states import Stage, Status
from docflow.settings import Settings
from docflow.work.artefacts import CLAIM
from docflow.work.folder import WorkFolder
from testkit.fakes import START, FixedClock, InMemoryBlobStore, InMemoryIndex
from testkit.orchestrations import InMemoryOrchestrations, Instance
from triggers.intake import first_attempt, start_document
from triggers.upkeep import (
    MOST_EXPIRED,
    REDELIVERED_AFTER,
    SETTLED_AFTER,
    expire_cache,
    mend_documents,
)

MakeEntry = Callable[..., IndexEntry]

SOURCE = Source(container="incoming", name="a.pdf", etag="0x1", bytes=3)
REQUEST = first_attempt(SOURCE, received_at=START, via="blob", flow=FlowSettings())


def keep(clients: Clients, *names: str) -> None:
    for name in names:
        clients.store.write(Container.WORK, name, b"{}", content_type="application/json")


def kept(clients: Clients) -> list[str]:
    return list(clients.store.list(Container.WORK, ""))


def test_what_was_kept_for_long_enough_is_deleted_and_nothing_else(
    clients: Clients, clock: FixedClock
) -> None:
    keep(clients, "cache/ocr/old.json", "cache/model/old.json", "0123/source")
    clock.advance(days=2)
    keep(clients, "cache/ocr/young.json")
    clock.advance(days=29)

    deleted = [expire_cache(clients=clients) for _ in range(2)]

    assert deleted == [2, 0]
    assert kept(clients) == ["0123/source", "cache/ocr/young.json"]


def test_a_cache_that_is_turned_off_is_emptied(clients: Clients, clock: FixedClock) -> None:
    keep(clients, "cache/ocr/young.json")
    clock.advance(seconds=1)

    expire_cache(clients=replace(clients, settings=Settings.load({"CACHE_RETENTION_DAYS": "0"})))

    assert kept(clients) == []


def test_a_large_cache_is_cleared_bit_by_bit(clients: Clients, clock: FixedClock) -> None:
    keep(clients, *[f"cache/ocr/{number}.json" for number in range(MOST_EXPIRED + 7)])
    clock.advance(days=31)

    assert [expire_cache(clients=clients) for _ in range(3)] == [MOST_EXPIRED, 7, 0]


def test_a_document_that_was_claimed_but_never_started_is_started(
    clients: Clients, client: InMemoryOrchestrations, clock: FixedClock
) -> None:
    client.failures = [None, Exception("the host died")]
    with pytest.raises(Exception, match="ORCHESTRATION_UNAVAILABLE"):
        asyncio.run(start_document(REQUEST, clients=clients, client=client))
    clock.advance(seconds=SETTLED_AFTER.total_seconds())

    mended = [asyncio.run(mend_documents(clients=clients, client=client)) for _ in range(2)]

    assert mended == [1, 0]
    assert [start.instance_id for start in client.starts] == [REQUEST.document_id]


@pytest.mark.parametrize("claimed", [True, False])
def test_an_upload_that_nobody_started_is_started_once_within_two_minutes(
    clients: Clients,
    client: InMemoryOrchestrations,
    store: InMemoryBlobStore,
    clock: FixedClock,
    *,
    claimed: bool,
) -> None:
    etag = store.write(Container.INCOMING, "a.pdf", b"%PDF", content_type="application/pdf")
    store.write(Container.INCOMING, "scans/", b"", content_type="")
    document_id = document_id_for("incoming", "a.pdf", etag)
    if claimed:
        source = SOURCE.model_copy(update={"etag": etag})
        first = first_attempt(source, received_at=START, via="blob", flow=FlowSettings())
        WorkFolder(store, document_id).write_new(CLAIM, first)

    mended = []
    for _ in range(3):
        clock.advance(seconds=SETTLED_AFTER.total_seconds() - 1)
        mended.append(asyncio.run(mend_documents(clients=clients, client=client)))

    assert mended == [0, 1, 0]
    assert [start.instance_id for start in client.starts] == [document_id]


def test_an_old_upload_is_left_to_the_trigger(
    clients: Clients, client: InMemoryOrchestrations, store: InMemoryBlobStore, clock: FixedClock
) -> None:
    store.write(Container.INCOMING, "a.pdf", b"%PDF", content_type="application/pdf")
    clock.advance(seconds=REDELIVERED_AFTER.total_seconds() + 1)

    assert asyncio.run(mend_documents(clients=clients, client=client)) == 0
    assert client.starts == []


def test_a_document_that_is_just_being_started_is_left_alone(
    clients: Clients, client: InMemoryOrchestrations, index: InMemoryIndex, entry: MakeEntry
) -> None:
    index.put(entry())

    assert asyncio.run(mend_documents(clients=clients, client=client)) == 0
    assert client.starts == []


@pytest.mark.parametrize("state", ["Terminated", "Failed", "Canceled"])
def test_a_document_whose_instance_was_stopped_shows_as_failed(
    clients: Clients,
    client: InMemoryOrchestrations,
    index: InMemoryIndex,
    entry: MakeEntry,
    clock: FixedClock,
    state: str,
) -> None:
    waiting = entry(status=Status.WAITING, stage=Stage.WAITING_FOR_REVIEW, sequence=1)
    index.put(waiting)
    client.instances[waiting.document_id] = Instance(state)
    clock.advance(seconds=3_600)

    assert asyncio.run(mend_documents(clients=clients, client=client)) == 1

    found = index.get(waiting.document_id)
    assert found is not None
    assert (found.status, found.error_code) == (Status.FAILED, f"INSTANCE_{state.upper()}")


@pytest.mark.parametrize("state", ["Running", "Pending", "Suspended", "Completed"])
def test_a_document_under_way_is_left_alone(
    clients: Clients,
    client: InMemoryOrchestrations,
    index: InMemoryIndex,
    entry: MakeEntry,
    clock: FixedClock,
    state: str,
) -> None:
    index.put(entry())
    client.instances[entry().document_id] = Instance(state)
    clock.advance(seconds=3_600)

    assert asyncio.run(mend_documents(clients=clients, client=client)) == 0
    assert index.get(entry().document_id) == entry()


def test_one_document_that_cannot_be_mended_does_not_keep_the_others_from_it(
    clients: Clients,
    client: InMemoryOrchestrations,
    index: InMemoryIndex,
    entry: MakeEntry,
    clock: FixedClock,
) -> None:
    for number in (1, 2):
        index.put(entry(f"{number}" * 32))
        client.instances[f"{number}" * 32] = Instance("Terminated")
    client.failures = [Exception("away")]
    clock.advance(seconds=3_600)

    assert asyncio.run(mend_documents(clients=clients, client=client)) == 1
