from __future__ import annotations

import asyncio
import threading
from contextlib import nullcontext
from datetime import timedelta

import pytest

from docflow.clients import Clients
from docflow.contracts import Container, Orchestrator
from docflow.errors import ConflictError, ErrorCode, NotFoundError, TransientError
from docflow.models.documents import DocumentRequest, FlowSettings, Source
from docflow.models.states import Stage, Status
from testkit.fakes import START, FixedClock, InMemoryBlobStore, InMemoryIndex, failing, fake_clients
from testkit.orchestrations import InMemoryOrchestrations, Instance
from triggers import intake
from triggers.intake import first_attempt, reprocess_document, start_document

SOURCE = Source(container="incoming", name="letters/a.pdf", etag="0x1", bytes=4)
REQUEST = first_attempt(SOURCE, received_at=START, via="blob", flow=FlowSettings())
ID = REQUEST.document_id


def start(clients: Clients, client: InMemoryOrchestrations) -> bool:
    return asyncio.run(start_document(REQUEST, clients=clients, client=client))


def reprocess(
    document_id: str, clients: Clients, client: InMemoryOrchestrations
) -> DocumentRequest:
    return asyncio.run(reprocess_document(document_id, clients=clients, client=client))


def test_a_first_delivery_starts_the_document(
    clients: Clients, client: InMemoryOrchestrations, index: InMemoryIndex
) -> None:
    assert start(clients, client) is True

    (started,) = client.starts
    assert started.orchestrator == Orchestrator.PROCESS_DOCUMENT
    assert started.instance_id == ID
    assert DocumentRequest.load(started.input) == REQUEST
    entry = index.entries[ID]
    assert (entry.status, entry.stage, entry.sequence) == (Status.PROCESSING, Stage.RECEIVED, 0)


def test_a_second_delivery_starts_nothing(clients: Clients, client: InMemoryOrchestrations) -> None:
    start(clients, client)
    assert start(clients, client) is False
    assert len(client.starts) == 1


@pytest.mark.parametrize("state", ["Completed", "Failed", "Terminated"])
def test_an_ended_instance_is_not_started_again(
    clients: Clients, client: InMemoryOrchestrations, state: str
) -> None:
    start(clients, client)
    client.instances[ID] = Instance(state)
    assert start(clients, client) is False
    assert len(client.starts) == 1


def test_a_document_whose_instance_was_purged_is_not_started_again(
    clients: Clients, client: InMemoryOrchestrations
) -> None:
    start(clients, client)
    client.instances.clear()
    assert start(clients, client) is False
    assert len(client.starts) == 1


def test_deliveries_at_the_same_moment_start_it_once(
    clients: Clients, client: InMemoryOrchestrations
) -> None:
    deliveries = 8
    together = threading.Barrier(deliveries)
    started: list[bool] = []

    def deliver() -> None:
        together.wait(timeout=10)
        started.append(start(clients, client))

    threads = [threading.Thread(target=deliver) for _ in range(deliveries)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert sorted(started) == [False] * (deliveries - 1) + [True]
    assert len(client.starts) == 1


def test_deliveries_in_one_process_start_it_once(
    clients: Clients, client: InMemoryOrchestrations
) -> None:
    async def deliver_all() -> list[bool]:
        calls = (start_document(REQUEST, clients=clients, client=client) for _ in range(12))
        return await asyncio.gather(*calls)

    assert sum(asyncio.run(deliver_all())) == 1
    assert len(client.starts) == 1


def test_a_lease_held_too_long_asks_for_another_delivery(
    clients: Clients,
    client: InMemoryOrchestrations,
    store: InMemoryBlobStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(intake, "LEASE_WAIT_SECONDS", 0)
    claim = f"{ID}/claim.json"
    store.write(Container.WORK, claim, REQUEST.model_dump_json().encode(), content_type="")
    with (
        store.lease(Container.WORK, claim, wait_seconds=0),
        pytest.raises(TransientError, match="LEASE_TAKEN"),
    ):
        start(clients, client)
    assert client.starts == []
    assert start(clients, client) is True


def test_a_delivery_waits_for_the_one_that_holds_the_lease(
    clients: Clients, client: InMemoryOrchestrations, store: InMemoryBlobStore
) -> None:
    claim = f"{ID}/claim.json"
    store.write(Container.WORK, claim, REQUEST.model_dump_json().encode(), content_type="")

    async def deliver_while_held() -> bool:
        with store.lease(Container.WORK, claim, wait_seconds=0):
            delivery = asyncio.create_task(start_document(REQUEST, clients=clients, client=client))
            done, _ = await asyncio.wait([delivery], timeout=0.05)
            assert not done
        return await delivery

    assert asyncio.run(deliver_while_held()) is True


def test_a_start_that_hangs_gives_up_before_the_lease_ends(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "START_SECONDS", 0.05)

    class Hanging(InMemoryOrchestrations):
        async def start_new(
            self, orchestration_function_name: str, instance_id: str, client_input: object
        ) -> str:
            await asyncio.Event().wait()
            return instance_id

    with pytest.raises(TransientError, match="START_TIMED_OUT"):
        start(clients, Hanging())
    assert start(clients, InMemoryOrchestrations()) is True


def test_a_crash_after_the_claim_is_healed_with_the_first_request(
    clients: Clients,
    client: InMemoryOrchestrations,
    store: InMemoryBlobStore,
    index: InMemoryIndex,
) -> None:
    away = TransientError(ErrorCode.STORAGE_UNAVAILABLE, "away")
    with pytest.raises(TransientError, match="STORAGE_UNAVAILABLE"):
        start(fake_clients(store=store, index=failing(index, "put", away)), client)

    later = REQUEST.model_copy(update={"received_at": START + timedelta(minutes=5), "via": "http"})
    assert asyncio.run(start_document(later, clients=clients, client=client)) is True
    assert DocumentRequest.load(client.starts[0].input) == REQUEST
    assert index.entries[ID].received_at == START


def test_a_failed_start_is_healed(clients: Clients, client: InMemoryOrchestrations) -> None:
    client.failures = [None, Exception("the host is going down")]
    with pytest.raises(TransientError, match="ORCHESTRATION_UNAVAILABLE"):
        start(clients, client)
    assert start(clients, client) is True


def test_a_crash_after_the_start_does_not_start_it_again(
    client: InMemoryOrchestrations, index: InMemoryIndex
) -> None:
    class DiesBeforeMarking(InMemoryBlobStore):
        alive = False

        def write_new(
            self, container: str, name: str, content: bytes, *, content_type: str
        ) -> bool:
            if name.endswith("started.json") and not self.alive:
                raise TransientError(ErrorCode.STORAGE_UNAVAILABLE, "away")
            return super().write_new(container, name, content, content_type=content_type)

    store = DiesBeforeMarking()
    clients = fake_clients(store=store, index=index)
    with pytest.raises(TransientError, match="STORAGE_UNAVAILABLE"):
        start(clients, client)

    store.alive = True
    client.instances[ID] = Instance("Completed")
    assert start(clients, client) is False
    assert len(client.starts) == 1


def finished_document(
    clients: Clients, client: InMemoryOrchestrations, store: InMemoryBlobStore
) -> None:
    start(clients, client)
    client.instances[ID] = Instance("Completed")
    store.write(Container.WORK, f"{ID}/source", b"%PDF", content_type="application/pdf")


def test_reprocessing_starts_a_linked_attempt(
    clients: Clients,
    client: InMemoryOrchestrations,
    store: InMemoryBlobStore,
    index: InMemoryIndex,
    clock: FixedClock,
) -> None:
    finished_document(clients, client, store)
    clock.advance(hours=1)

    request = reprocess(ID, clients, client)

    assert request.document_id == f"{ID}-2"
    assert (request.attempt, request.first_document_id, request.via) == (2, ID, "reprocess")
    assert request.source == SOURCE
    assert request.received_at == START + timedelta(hours=1)
    assert client.starts[-1].instance_id == f"{ID}-2"
    assert index.entries[f"{ID}-2"].first_document_id == ID


def test_reprocessing_any_attempt_makes_the_next_one(
    clients: Clients, client: InMemoryOrchestrations, store: InMemoryBlobStore
) -> None:
    finished_document(clients, client, store)
    second = reprocess(ID, clients, client).document_id
    client.instances[second] = Instance("Failed")
    assert reprocess(ID, clients, client).document_id == f"{ID}-3"
    client.instances[f"{ID}-3"] = Instance("Terminated")
    assert reprocess(second, clients, client).attempt == 4


def test_an_attempt_that_runs_is_not_reprocessed(
    clients: Clients, client: InMemoryOrchestrations, store: InMemoryBlobStore
) -> None:
    finished_document(clients, client, store)
    reprocess(ID, clients, client)
    with pytest.raises(ConflictError, match="ATTEMPT_RUNNING"):
        reprocess(ID, clients, client)
    assert len(client.starts) == 2


@pytest.mark.parametrize(
    ("status", "again"),
    [(Status.FAILED, True), (Status.REJECTED, True), (Status.PUBLISHED, False)],
)
def test_an_attempt_may_still_tell_of_its_end_unless_that_may_be_undone(
    clients: Clients,
    client: InMemoryOrchestrations,
    store: InMemoryBlobStore,
    index: InMemoryIndex,
    status: Status,
    again: bool,
) -> None:
    finished_document(clients, client, store)
    client.instances[ID] = Instance("Running")
    index.put(index.entries[ID].model_copy(update={"status": status, "sequence": 9}))

    with nullcontext() if again else pytest.raises(ConflictError, match="ATTEMPT_RUNNING"):
        reprocess(ID, clients, client)

    assert len(client.starts) == 1 + again


def test_reprocessing_heals_an_attempt_that_was_claimed_but_not_started(
    clients: Clients, client: InMemoryOrchestrations, store: InMemoryBlobStore
) -> None:
    finished_document(clients, client, store)
    away = TransientError(ErrorCode.STORAGE_UNAVAILABLE, "away")
    half = fake_clients(store=store, index=failing(clients.index, "put", away))
    with pytest.raises(TransientError):
        reprocess(ID, half, client)
    assert reprocess(ID, clients, client).document_id == f"{ID}-2"
    assert client.starts[-1].instance_id == f"{ID}-2"


def test_reprocessing_needs_the_file(
    clients: Clients, client: InMemoryOrchestrations, store: InMemoryBlobStore
) -> None:
    start(clients, client)
    client.instances[ID] = Instance("Completed")
    with pytest.raises(ConflictError, match="SOURCE_GONE"):
        reprocess(ID, clients, client)


def test_reprocessing_an_unknown_document_is_refused(
    clients: Clients, client: InMemoryOrchestrations
) -> None:
    with pytest.raises(NotFoundError):
        reprocess(ID, clients, client)
