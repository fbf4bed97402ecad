from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from docflow.contracts import APPROVAL_EVENT
from docflow.models.reviews import ApprovalDecision, StoredDecision
from docflow.models.states import Stage, Status
from docflow.platform import Platform
from docflow.work import artefacts
from testkit.app import Answer, InMemoryApp
from testkit.examples import DOCUMENT_ID
from testkit.fakes import START

WAITING: dict[str, Any] = {
    "status": Status.WAITING,
    "stage": Stage.WAITING_FOR_REVIEW,
    "review_reasons": ["urgent"],
    "waiting_since": START,
    "review_deadline": START + timedelta(days=3),
}
SIGNED_IN = {"X-MS-CLIENT-PRINCIPAL-NAME": "me@example.com"}
APPROVED = {"approved": True}
REJECTED = {"approved": False}


@pytest.fixture
def waiting(app: InMemoryApp) -> InMemoryApp:
    """The app with a document that waits for a decision."""
    app.lists(**WAITING)
    app.instance_is("Running", {"stage": "waiting_for_review"})
    return app


def decide(app: InMemoryApp, body: Any, headers: dict[str, str] | None = None) -> Answer:
    sent_as = {"Content-Type": "application/json", **(headers or {})}
    return app.post(f"reviews/{DOCUMENT_ID}", body, sent_as)


def test_a_decision_is_stored_and_told(waiting: InMemoryApp) -> None:
    body = {"approved": True, "reviewer": "r@example.com", "urgency": "normal", "summary": ["One"]}

    answer = decide(waiting, body)

    assert answer.status == 202
    assert answer.json["approved"] is True
    assert waiting.work.read(artefacts.DECISION) == StoredDecision(
        decision=ApprovalDecision.model_validate(body), decided_at=START, via="api"
    )
    (event,) = waiting.client.events
    assert (event.instance_id, event.name, event.data) == (DOCUMENT_ID, APPROVAL_EVENT, body)


def test_the_signed_in_user_is_the_reviewer_unless_the_body_names_one(
    waiting: InMemoryApp,
) -> None:
    waiting.use(platform=Platform(signs_users_in=True))

    decide(waiting, REJECTED, SIGNED_IN)

    assert waiting.client.events[0].data == {"approved": False, "reviewer": "me@example.com"}


def test_a_principal_that_a_caller_made_up_is_no_reviewer(waiting: InMemoryApp) -> None:
    decide(waiting, REJECTED, SIGNED_IN)

    assert waiting.client.events[0].data == {"approved": False}


def test_the_reviewer_of_the_body_is_kept(waiting: InMemoryApp) -> None:
    body = {"approved": False, "reviewer": "you@example.com"}

    decide(waiting, body, SIGNED_IN)

    assert waiting.client.events[0].data == body


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
def test_a_wrong_decision_names_the_field(waiting: InMemoryApp, body: Any, named: str) -> None:
    answer = decide(waiting, body)

    assert answer.problem == (400, "INVALID_DECISION")
    assert answer.detail.startswith(named)
    assert waiting.client.events == []
    assert waiting.work.read(artefacts.DECISION) is None


def test_a_decision_about_nothing_is_not_found(app: InMemoryApp) -> None:
    assert decide(app, APPROVED).problem == (404, "NOT_FOUND")


def test_a_second_decision_is_refused_and_changes_nothing(waiting: InMemoryApp) -> None:
    decide(waiting, APPROVED)

    assert decide(waiting, REJECTED).problem == (409, "DECIDED_ALREADY")
    stored = waiting.work.require(artefacts.DECISION)
    assert stored.decision == ApprovalDecision(approved=True)
    assert all(event.data == APPROVED for event in waiting.client.events)


def test_a_wake_up_that_got_lost_is_repeated(waiting: InMemoryApp) -> None:
    waiting.client.failures = [None, Exception("the host is going down")]

    assert decide(waiting, APPROVED).problem == (503, "ORCHESTRATION_UNAVAILABLE")
    assert waiting.client.events == []
    assert decide(waiting, APPROVED).problem == (409, "DECIDED_ALREADY")
    assert [event.data for event in waiting.client.events] == [APPROVED]


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
    app: InMemoryApp, fields: dict[str, Any], code: str
) -> None:
    app.lists(**fields)
    app.instance_is("Running", {"stage": "delivering"})

    assert decide(app, APPROVED).problem == (409, code)
    assert app.client.events == []


def test_a_decision_after_the_deadline_is_too_late(waiting: InMemoryApp) -> None:
    waiting.clock.advance(days=3)

    assert decide(waiting, APPROVED).problem == (409, "REVIEW_EXPIRED")


def test_a_review_that_just_expired_says_so(waiting: InMemoryApp) -> None:
    expired = StoredDecision(decided_at=START, via="event")
    waiting.work.write_new(artefacts.DECISION, expired)

    assert decide(waiting, APPROVED).problem == (409, "REVIEW_EXPIRED")


def test_a_decision_is_taken_before_the_index_has_caught_up(app: InMemoryApp) -> None:
    app.lists()
    app.instance_is("Running", {"stage": "waiting_for_review"})

    assert decide(app, APPROVED).status == 202


def test_reviews_come_most_urgent_first_and_oldest_first(app: InMemoryApp) -> None:
    why = {"urgency_reasons": ["a deadline is today"], "due": date(2026, 1, 5)}
    for key, score, minutes in (("a", 0.5, 0), ("b", 0.9, 7), ("c", 0.9, 3), ("d", None, 1)):
        since = START + timedelta(minutes=minutes)
        app.lists(key * 32, **{**WAITING, **why, "score": score, "waiting_since": since})
    app.lists("e" * 32)

    answer = app.get("reviews").json

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
        "urgencyReasons": ["a deadline is today"],
        "due": "2026-01-05",
        "waitingSince": "2026-01-05T09:03:00Z",
        "deadline": "2026-01-08T09:00:00Z",
        "pages": None,
        "waitingFor": "ApprovalDecision",
    }
    limited = app.get("reviews", limit="1").json
    assert [review["id"][0] for review in limited["reviews"]] == ["c"]


# Events of another name.


def got(*names: str) -> list[dict[str, Any]]:
    raised = [{"EventType": "EventRaised", "Name": name} for name in names]
    return [{"EventType": "ExecutionStarted", "FunctionName": "process_document"}, *raised]


@pytest.fixture
def misled(waiting: InMemoryApp) -> InMemoryApp:
    """The app with a document that got a decision under a wrong name, twice."""
    history = got("approvaldecision", APPROVAL_EVENT, "approvaldecision", "x" * 500)
    waiting.client.instances[DOCUMENT_ID].historyEvents = history
    return waiting


def test_a_waiting_document_names_the_event_and_those_that_decided_nothing(
    misled: InMemoryApp,
) -> None:
    answer = misled.get(f"documents/{DOCUMENT_ID}").json

    assert answer["status"] == "waiting"
    assert answer["review"]["waitingFor"] == "ApprovalDecision"
    assert answer["review"]["ignoredEvents"] == ["approvaldecision", "x" * 100]
    assert "/raiseEvent/ApprovalDecision?" in answer["links"]["sendDecisionPostUri"]


def test_a_decision_tells_of_events_that_decided_nothing(misled: InMemoryApp) -> None:
    answer = decide(misled, APPROVED)

    assert answer.status == 202
    assert answer.json["ignoredEvents"] == ["approvaldecision", "x" * 100]


def test_lists_name_the_event_that_is_waited_for(waiting: InMemoryApp) -> None:
    (review,) = waiting.get("reviews").json["reviews"]
    (document,) = waiting.get("documents").json["documents"]

    assert review["waitingFor"] == document["review"]["waitingFor"] == "ApprovalDecision"


def test_a_decided_document_waits_for_nothing(app: InMemoryApp) -> None:
    app.lists(**{**WAITING, "status": Status.PUBLISHED, "stage": Stage.DONE, "decided": True})

    review = app.get(f"documents/{DOCUMENT_ID}").json["review"]

    assert (review["waitingFor"], review["ignoredEvents"]) == (None, [])


def test_a_history_that_cannot_be_read_hides_no_document(waiting: InMemoryApp) -> None:
    waiting.client.failures = [None, Exception("status code 500")]

    answer = waiting.get(f"documents/{DOCUMENT_ID}")

    assert (answer.status, answer.json["review"]["ignoredEvents"]) == (200, [])
