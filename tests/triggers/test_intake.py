from __future__ import annotations

import asyncio
import threading
from contextlib import nullcontext
from datetime import timedelta

import pytest

from docflow.contracts import Container, Orchestrator
from docflow.errors import ConflictError, ErrorCode, NotFoundError, TransientError
from docflow.models.documents import DocumentRequest, FlowSettings, Source
from docflow.models.states import Stage, Status
from docflow.work import artefacts
from testkit.app import InMemoryApp
from testkit.examples import work_of
from testkit.fakes import START, InMemoryBlobStore, failing
from testkit.orchestrations import InMemoryOrchestrations
from triggers import intake
from triggers.intake import first_attempt, start_document, start_next_attempt

SOURCE = Source(container="incoming", name="letters/a.pdf", etag="0x1", bytes=4)
REQUEST = first_attempt(SOURCE, received_at=START, via="blob", flow=FlowSettings())
ID = REQUEST.document_id
CLAIM = f"{ID}/claim.json"
AWAY = TransientError(ErrorCode.STORAGE_UNAVAILABLE, "away")


async def starting(app: InMemoryApp, request: DocumentRequest = REQUEST) -> bool:
    return await start_document(request, clients=app.clients, client=app.client)


def start(app: InMemoryApp, request: DocumentRequest = REQUEST) -> bool:
    return asyncio.run(starting(app, request))


def reprocess(app: InMemoryApp, document_id: str = ID) -> DocumentRequest:
    return asyncio.run(start_next_attempt(document_id, clients=app.clients, client=app.client))


def test_a_first_delivery_starts_the_document(app: InMemoryApp) -> None:
    assert start(app) is True

    (started,) = app.client.starts
    assert started.orchestrator == Orchestrator.PROCESS_DOCUMENT
    assert started.instance_id == ID
    assert DocumentRequest.load(started.input) == REQUEST
    entry = app.index.entries[ID]
    assert (entry.status, entry.stage, entry.sequence) == (Status.PROCESSING, Stage.RECEIVED, 0)


def test_a_second_delivery_starts_nothing(app: InMemoryApp) -> None:
    start(app)

    assert start(app) is False
    assert len(app.client.starts) == 1


@pytest.mark.parametrize("state", ["Completed", "Failed", "Terminated"])
def test_an_ended_instance_is_not_started_again(app: InMemoryApp, state: str) -> None:
    start(app)
    app.instance_is(state, of=ID)

    assert start(app) is False
    assert len(app.client.starts) == 1


def test_a_document_whose_instance_was_purged_is_not_started_again(app: InMemoryApp) -> None:
    start(app)
    app.client.instances.clear()

    assert start(app) is False
    assert len(app.client.starts) == 1


def test_deliveries_at_the_same_moment_start_it_once(app: InMemoryApp) -> None:
    deliveries = 8
    together = threading.Barrier(deliveries)
    started: list[bool] = []

    def deliver() -> None:
        together.wait(timeout=10)
        started.append(start(app))

    threads = [threading.Thread(target=deliver) for _ in range(deliveries)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert sorted(started) == [False] * (deliveries - 1) + [True]
    assert len(app.client.starts) == 1


def test_deliveries_in_one_process_start_it_once(app: InMemoryApp) -> None:
    async def deliver_all() -> list[bool]:
        return await asyncio.gather(*(starting(app) for _ in range(12)))

    assert sum(asyncio.run(deliver_all())) == 1
    assert len(app.client.starts) == 1


def test_a_lease_held_too_long_asks_for_another_delivery(
    app: InMemoryApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "LEASE_WAIT_SECONDS", 0)
    work_of(app.clients, ID).write(artefacts.CLAIM, REQUEST)
    with (
        app.store.lease(Container.WORK, CLAIM, wait_seconds=0),
        pytest.raises(TransientError, match="LEASE_TAKEN"),
    ):
        start(app)
    assert app.client.starts == []
    assert start(app) is True


def test_a_delivery_waits_for_the_one_that_holds_the_lease(app: InMemoryApp) -> None:
    work_of(app.clients, ID).write(artefacts.CLAIM, REQUEST)

    async def deliver_while_held() -> bool:
        with app.store.lease(Container.WORK, CLAIM, wait_seconds=0):
            delivery = asyncio.create_task(starting(app))
            done, _ = await asyncio.wait([delivery], timeout=0.05)
            assert not done
        return await delivery

    assert asyncio.run(deliver_while_held()) is True


def test_a_start_that_hangs_gives_up_before_the_lease_ends(
    app: InMemoryApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "START_SECONDS", 0.05)

    class Hanging(InMemoryOrchestrations):
        async def start_new(
            self, orchestration_function_name: str, instance_id: str, client_input: object
        ) -> str:
            await asyncio.Event().wait()
            return instance_id

    app.client = Hanging()
    with pytest.raises(TransientError, match="START_TIMED_OUT"):
        start(app)

    app.client = InMemoryOrchestrations()
    assert start(app) is True


def test_a_crash_after_the_claim_is_healed_with_the_first_request(app: InMemoryApp) -> None:
    app.use(index=failing(app.index, "put", AWAY))
    with pytest.raises(TransientError, match="STORAGE_UNAVAILABLE"):
        start(app)

    later = REQUEST.model_copy(update={"received_at": START + timedelta(minutes=5), "via": "http"})
    assert start(app, later) is True
    assert DocumentRequest.load(app.client.starts[0].input) == REQUEST
    assert app.index.entries[ID].received_at == START


def test_a_failed_start_is_healed(app: InMemoryApp) -> None:
    app.client.failures = [None, Exception("the host is going down")]
    with pytest.raises(TransientError, match="ORCHESTRATION_UNAVAILABLE"):
        start(app)
    assert start(app) is True


def test_a_crash_after_the_start_does_not_start_it_again(app: InMemoryApp) -> None:
    class DiesBeforeMarking(InMemoryBlobStore):
        alive = False

        def write_new(
            self, container: str, name: str, content: bytes, *, content_type: str
        ) -> bool:
            if name.endswith("started.json") and not self.alive:
                raise AWAY
            return super().write_new(container, name, content, content_type=content_type)

    store = DiesBeforeMarking()
    app.use(store=store)
    with pytest.raises(TransientError, match="STORAGE_UNAVAILABLE"):
        start(app)

    store.alive = True
    app.instance_is("Completed", of=ID)

    assert start(app) is False
    assert len(app.client.starts) == 1


def finished_document(app: InMemoryApp) -> None:
    start(app)
    app.instance_is("Completed", of=ID)
    app.holds(Container.WORK, f"{ID}/source", b"%PDF")


def test_reprocessing_starts_a_linked_attempt(app: InMemoryApp) -> None:
    finished_document(app)
    app.clock.advance(hours=1)

    request = reprocess(app)

    assert request.document_id == f"{ID}-2"
    assert (request.attempt, request.first_document_id, request.via) == (2, ID, "reprocess")
    assert request.source == SOURCE
    assert request.received_at == START + timedelta(hours=1)
    assert app.client.starts[-1].instance_id == f"{ID}-2"
    assert app.index.entries[f"{ID}-2"].first_document_id == ID


def test_reprocessing_any_attempt_makes_the_next_one(app: InMemoryApp) -> None:
    finished_document(app)
    second = reprocess(app).document_id
    app.instance_is("Failed", of=second)

    assert reprocess(app).document_id == f"{ID}-3"
    app.instance_is("Terminated", of=f"{ID}-3")

    assert reprocess(app, second).attempt == 4


def test_an_attempt_that_runs_is_not_reprocessed(app: InMemoryApp) -> None:
    finished_document(app)
    reprocess(app)

    with pytest.raises(ConflictError, match="ATTEMPT_RUNNING"):
        reprocess(app)
    assert len(app.client.starts) == 2


@pytest.mark.parametrize(
    ("status", "again"),
    [(Status.FAILED, True), (Status.REJECTED, True), (Status.PUBLISHED, False)],
)
def test_an_attempt_may_still_tell_of_its_end_unless_that_may_be_undone(
    app: InMemoryApp, status: Status, again: bool
) -> None:
    finished_document(app)
    app.instance_is("Running", of=ID)
    app.index.put(app.index.entries[ID].model_copy(update={"status": status, "sequence": 9}))

    with nullcontext() if again else pytest.raises(ConflictError, match="ATTEMPT_RUNNING"):
        reprocess(app)

    assert len(app.client.starts) == 1 + again


def test_reprocessing_heals_an_attempt_that_was_claimed_but_not_started(app: InMemoryApp) -> None:
    finished_document(app)
    app.use(index=failing(app.index, "put", AWAY))
    with pytest.raises(TransientError):
        reprocess(app)

    assert reprocess(app).document_id == f"{ID}-2"
    assert app.client.starts[-1].instance_id == f"{ID}-2"


def test_reprocessing_needs_the_file(app: InMemoryApp) -> None:
    start(app)
    app.instance_is("Completed", of=ID)

    with pytest.raises(ConflictError, match="SOURCE_GONE"):
        reprocess(app)


def test_reprocessing_an_unknown_document_is_refused(app: InMemoryApp) -> None:
    with pytest.raises(NotFoundError):
        reprocess(app)
