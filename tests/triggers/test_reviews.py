from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import azure.functions as func
import pytest

from docflow.clients import Clients
from docflow.contracts import APPROVAL_EVENT
from docflow.models.index import IndexEntry
from docflow.models.reviews import ApprovalDecision, StoredDecision
from docflow.models.states import Stage, Status
from docflow.work.folder import WorkFolder
from testkit.fakes import START, FixedClock, InMemoryBlobStore, InMemoryIndex
from testkit.orchestrations import InMemoryOrchestrations, Instance
from triggers import reviews

ID = "0" * 32
WAITING = {
    "status": Status.WAITING,
    "stage": Stage.WAITING_FOR_REVIEW,
    "review_reasons": ["urgent"],
    "waiting_since": START,
    "review_deadline": START + timedelta(days=3),
}

MakeEntry = Callable[..., IndexEntry]
Decide = Callable[..., Any]


@pytest.fixture
def waiting(index: InMemoryIndex, client: InMemoryOrchestrations, entry: MakeEntry) -> None:
    """A document that waits for a decision."""
    index.put(entry(**WAITING))
    client.instances[ID] = Instance("Running", {"stage": "waiting_for_review"})


@pytest.fixture
def decide(
    call: Callable[..., Any],
    request_to: Callable[..., func.HttpRequest],
    clients: Clients,
    client: InMemoryOrchestrations,
) -> Decide:
    """Posts a decision."""

    def post(body: Any, **headers: str) -> Any:
        req = request_to(
            f"reviews/{ID}", method="POST", route={"id": ID}, body=body, headers=headers
        )
        return call(reviews.decide, req, clients=clients, client=client)

    return post


@pytest.fixture
def folder(store: InMemoryBlobStore) -> WorkFolder:
    return WorkFolder(store, ID)


@pytest.mark.usefixtures("waiting")
def test_a_decision_is_stored_and_told(
    decide: Decide, client: InMemoryOrchestrations, folder: WorkFolder
) -> None:
    body = {"approved": True, "reviewer": "r@example.com", "urgency": "normal", "summary": ["One"]}
    answer = decide(body)
    assert answer.status == 202
    assert answer.json["approved"] is True
    stored = folder.read_decision()
    assert stored == StoredDecision(
        decision=ApprovalDecision.model_validate(body), decided_at=START, via="api"
    )
    (event,) = client.events
    assert (event.instance_id, event.name, event.data) == (ID, APPROVAL_EVENT, body)


@pytest.mark.usefixtures("waiting")
def test_the_signed_in_user_is_the_reviewer_unless_the_body_names_one(
    decide: Decide, client: InMemoryOrchestrations
) -> None:
    decide({"approved": False}, **{"X-MS-CLIENT-PRINCIPAL-NAME": "me@example.com"})
    assert client.events[0].data == {"approved": False, "reviewer": "me@example.com"}


@pytest.mark.usefixtures("waiting")
def test_the_reviewer_of_the_body_is_kept(decide: Decide, client: InMemoryOrchestrations) -> None:
    body = {"approved": False, "reviewer": "you@example.com"}
    decide(body, **{"X-MS-CLIENT-PRINCIPAL-NAME": "me@example.com"})
    assert client.events[0].data == body


@pytest.mark.usefixtures("waiting")
@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"", "body: "),
        (b"[]", "body: "),
        (b"\xff", "body: "),
        ({}, "approved: "),
        ({"approved": "yes"}, "approved: "),
        ({"approved": 1}, "approved: "),
        ({"approved": True, "comment": "x" * 4_001}, "comment: "),
        ({"approved": True, "urgency": "high"}, "urgency: "),
        ({"approved": True, "summary": []}, "summary: "),
        ({"approved": True, "summary": ["", "a"]}, "summary.0: "),
        ({"approved": True, "aproved": True}, "aproved: "),
    ],
)
def test_a_wrong_decision_names_the_field(
    decide: Decide, client: InMemoryOrchestrations, folder: WorkFolder, body: Any, named: str
) -> None:
    status, code, detail = decide(body).problem
    assert (status, code) == (400, "INVALID_DECISION")
    assert detail.startswith(named)
    assert client.events == []
    assert folder.read_decision() is None


def test_a_decision_about_nothing_is_not_found(decide: Decide) -> None:
    assert decide({"approved": True}).problem[:2] == (404, "NOT_FOUND")


@pytest.mark.usefixtures("waiting")
def test_a_second_decision_is_refused_and_changes_nothing(
    decide: Decide, client: InMemoryOrchestrations, folder: WorkFolder
) -> None:
    decide({"approved": True})
    assert decide({"approved": False}).problem[:2] == (409, "DECIDED_ALREADY")
    stored = folder.read_decision()
    assert stored is not None
    assert stored.decision == ApprovalDecision(approved=True)
    assert all(event.data == {"approved": True} for event in client.events)


@pytest.mark.usefixtures("waiting")
def test_a_wake_up_that_got_lost_is_repeated(
    decide: Decide, client: InMemoryOrchestrations
) -> None:
    client.failures = [None, Exception("the host is going down")]
    assert decide({"approved": True}).problem[:2] == (503, "ORCHESTRATION_UNAVAILABLE")
    assert client.events == []
    assert decide({"approved": True}).problem[:2] == (409, "DECIDED_ALREADY")
    assert [event.data for event in client.events] == [{"approved": True}]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"status": Status.PROCESSING}, "NOT_WAITING"),
        ({"status": Status.QUARANTINED}, "NOT_WAITING"),
        ({"status": Status.PUBLISHED}, "NOT_WAITING"),
        ({"status": Status.PROCESSING, "decided": True}, "DECIDED_ALREADY"),
        ({"status": Status.REJECTED, "decided": False}, "DECIDED_ALREADY"),
        ({"status": Status.EXPIRED}, "REVIEW_EXPIRED"),
    ],
)
def test_a_document_that_does_not_wait_says_why(
    decide: Decide,
    index: InMemoryIndex,
    client: InMemoryOrchestrations,
    entry: MakeEntry,
    fields: dict[str, Any],
    code: str,
) -> None:
    index.put(entry(**fields))
    client.instances[ID] = Instance("Running", {"stage": "delivering"})
    assert decide({"approved": True}).problem[:2] == (409, code)
    assert client.events == []


@pytest.mark.usefixtures("waiting")
def test_a_decision_after_the_deadline_is_too_late(decide: Decide, clock: FixedClock) -> None:
    clock.advance(days=3)
    assert decide({"approved": True}).problem[:2] == (409, "REVIEW_EXPIRED")


@pytest.mark.usefixtures("waiting")
def test_a_review_that_just_expired_says_so(decide: Decide, folder: WorkFolder) -> None:
    folder.store_decision(StoredDecision(decided_at=START, via="event"))
    assert decide({"approved": True}).problem[:2] == (409, "REVIEW_EXPIRED")


def test_a_decision_is_taken_before_the_index_has_caught_up(
    decide: Decide, index: InMemoryIndex, client: InMemoryOrchestrations, entry: MakeEntry
) -> None:
    index.put(entry())
    client.instances[ID] = Instance("Running", {"stage": "waiting_for_review"})
    assert decide({"approved": True}).status == 202


def test_reviews_come_most_urgent_first_and_oldest_first(
    call: Callable[..., Any],
    request_to: Callable[..., func.HttpRequest],
    clients: Clients,
    index: InMemoryIndex,
    entry: MakeEntry,
) -> None:
    for key, score, minutes in (("a", 0.5, 0), ("b", 0.9, 7), ("c", 0.9, 3), ("d", None, 1)):
        since = START + timedelta(minutes=minutes)
        index.put(entry(key * 32, **{**WAITING, "score": score, "waiting_since": since}))
    index.put(entry("e" * 32))

    answer = call(reviews.listing, request_to("reviews"), clients=clients).json
    assert [review["id"][0] for review in answer["reviews"]] == ["c", "b", "a", "d"]
    assert answer["waiting"] == 4
    first = answer["reviews"][0]
    assert first.pop("links")["review"].endswith(f"/api/reviews/{'c' * 32}")
    assert first == {
        "id": "c" * 32,
        "name": "a.pdf",
        "title": None,
        "urgency": None,
        "score": 0.9,
        "reasons": ["urgent"],
        "waitingSince": "2026-01-05T09:03:00Z",
        "deadline": "2026-01-08T09:00:00Z",
        "pages": None,
    }

    limited = call(reviews.listing, request_to("reviews", limit="1"), clients=clients).json
    assert [review["id"][0] for review in limited["reviews"]] == ["c"]
