from __future__ import annotations

from datetime import timedelta
from typing import Literal

from activities.settle_decision import settle
from docflow.contracts import Activity
from docflow.errors import ErrorCode, TransientError
from docflow.models.reviews import ApprovalDecision, Settlement, SettlementRequest, StoredDecision
from testkit.examples import DOCUMENT_ID, RunRegistered, work_of
from testkit.fakes import START, InMemoryBlobStore, failing, fake_clients


def decided(
    approved: bool | None, via: Literal["event", "api"] = "event", minutes: int = 0
) -> StoredDecision:
    decision = None if approved is None else ApprovalDecision(approved=approved)
    return StoredDecision(decision=decision, decided_at=START + timedelta(minutes=minutes), via=via)


def settling(candidate: StoredDecision | None) -> SettlementRequest:
    return SettlementRequest(document_id=DOCUMENT_ID, candidate=candidate)


def test_the_first_decision_is_stored_and_stands() -> None:
    clients = fake_clients()

    assert settle(settling(decided(True)), clients) == Settlement(stored=decided(True))
    assert work_of(clients).read_decision() == decided(True)


def test_a_second_decision_changes_nothing_and_learns_of_the_first() -> None:
    clients = fake_clients()
    settle(settling(decided(True)), clients)

    second = settle(settling(decided(False, minutes=5)), clients)

    assert second == Settlement(stored=decided(True))


def test_a_decision_by_the_api_wins_over_a_later_deadline() -> None:
    clients = fake_clients()
    work_of(clients).store_decision(decided(False, "api"))

    expiry = settle(settling(decided(None, minutes=5)), clients)

    assert expiry == Settlement(stored=decided(False, "api"))


def test_once_expired_a_decision_comes_too_late() -> None:
    clients = fake_clients()
    settle(settling(decided(None)), clients)

    late = settle(settling(decided(True, minutes=5)), clients)

    assert late == Settlement(stored=decided(None))


def test_asking_alone_stores_nothing() -> None:
    clients = fake_clients()

    assert settle(settling(None), clients) == Settlement()
    assert work_of(clients).read_decision() is None


def test_asking_finds_what_the_api_stored() -> None:
    clients = fake_clients()
    work_of(clients).store_decision(decided(True, "api"))

    assert settle(settling(None), clients) == Settlement(stored=decided(True, "api"))


def test_the_second_run_of_the_same_candidate_gives_the_same() -> None:
    clients = fake_clients()

    results = [settle(settling(decided(True)), clients) for _ in range(2)]

    assert results[0] == results[1]


def test_every_part_of_a_decision_survives_the_way_through_history(
    run_registered: RunRegistered,
) -> None:
    body = {
        "approved": True,
        "reviewer": "r@example.com",
        "comment": "Checked.",
        "summary": ["One."],
        "urgency": "normal",
    }
    candidate = StoredDecision(
        decision=ApprovalDecision.model_validate(body), decided_at=START, via="event"
    )

    reply = run_registered(Activity.SETTLE_DECISION, settling(candidate), fake_clients())

    assert reply.value is not None
    assert Settlement.load(reply.value) == Settlement(stored=candidate)


def test_storage_that_is_away_decides_nothing(run_registered: RunRegistered) -> None:
    away = TransientError(ErrorCode.STORAGE_UNAVAILABLE, "away")
    clients = fake_clients(store=failing(InMemoryBlobStore(), "write_new", away))

    reply = run_registered(Activity.SETTLE_DECISION, settling(decided(True)), clients)

    assert reply.deferred is not None
    assert work_of(clients).read_decision() is None
