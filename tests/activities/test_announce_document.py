from __future__ import annotations

import json

import pytest

from activities.announce_document import announce_document
from docflow.contracts import Activity
from docflow.errors import ErrorCode, TransientError
from docflow.models.documents import Failure
from docflow.models.facts import Ticket
from docflow.models.payloads import Done
from docflow.models.states import Status, UrgencyLevel
from docflow.models.urgency import UrgencyDecision
from docflow.work import artefacts
from testkit.examples import DOCUMENT_ID, RunRegistered, facts_of, understood_document, work_of
from testkit.fakes import InMemoryBlobStore, InMemoryQueue, failing, fake_clients

AWAY = TransientError(ErrorCode.STORAGE_UNAVAILABLE, "away")


def test_the_end_of_a_document_is_announced_with_links() -> None:
    queue = InMemoryQueue()
    urgency = UrgencyDecision(level=UrgencyLevel.URGENT, score=0.9, decided_by="model")
    end = facts_of(urgency=urgency, ticket=Ticket(key="DOC-1", url="https://x.example"))

    announce_document(end, fake_clients(queue=queue))

    base = f"http://127.0.0.1:7071/api/documents/{DOCUMENT_ID}"
    assert queue.messages == [
        {
            "event": "document-processed",
            "key": f"{DOCUMENT_ID}-published",
            "documentId": DOCUMENT_ID,
            "name": "letter.pdf",
            "attempt": 1,
            "status": "published",
            "urgency": "urgent",
            "ticket": "DOC-1",
            "errorCode": None,
            "endedAt": "2026-01-05T09:00:00+00:00",
            "links": {"document": base, "result": f"{base}/result"},
        }
    ]


def test_a_failed_document_is_announced_with_the_code_of_its_error() -> None:
    queue = InMemoryQueue()
    error = Failure(code="NO_TEXT", message="No text was found.")

    announce_document(facts_of(Status.QUARANTINED, error=error), fake_clients(queue=queue))

    assert queue.messages[0]["errorCode"] == "NO_TEXT"


def test_no_text_of_the_document_leaves_with_the_message() -> None:
    queue = InMemoryQueue()
    clients = fake_clients(queue=queue)
    understood_document(clients)

    announce_document(facts_of(), clients)

    assert "Meter" not in json.dumps(queue.messages)


def test_a_second_run_sends_nothing() -> None:
    queue = InMemoryQueue()
    clients = fake_clients(queue=queue)

    assert (
        announce_document(facts_of(), clients) == announce_document(facts_of(), clients) == Done()
    )
    assert len(queue.messages) == 1


def test_the_intent_is_stored_before_the_message_is_sent() -> None:
    queue = failing(InMemoryQueue(), "send", AWAY)
    clients = fake_clients(queue=queue)
    with pytest.raises(TransientError):
        announce_document(facts_of(), clients)

    intent = work_of(clients).require(artefacts.ANNOUNCEMENT)
    assert (intent.status, intent.sent) == (Status.PUBLISHED, False)

    announce_document(facts_of(), clients)
    assert len(queue.messages) == 1


def test_nothing_is_sent_where_the_intent_cannot_be_stored() -> None:
    queue = InMemoryQueue()
    store = failing(InMemoryBlobStore(), "write", AWAY, forever=True)

    with pytest.raises(TransientError):
        announce_document(facts_of(), fake_clients(queue=queue, store=store))
    assert queue.messages == []


def test_a_crash_right_after_sending_repeats_the_message_under_the_same_key() -> None:
    queue = InMemoryQueue()
    store = InMemoryBlobStore()

    class LastWriteLost(InMemoryBlobStore):
        def write(self, container: str, name: str, content: bytes, *, content_type: str) -> str:
            if queue.messages:
                raise AWAY
            return store.write(container, name, content, content_type=content_type)

    with pytest.raises(TransientError):
        announce_document(facts_of(), fake_clients(queue=queue, store=LastWriteLost()))
    announce_document(facts_of(), fake_clients(queue=queue, store=store))

    assert [message["key"] for message in queue.messages] == [f"{DOCUMENT_ID}-published"] * 2


def test_another_end_after_an_undone_delivery_is_announced_too() -> None:
    queue = InMemoryQueue()
    clients = fake_clients(queue=queue)
    announce_document(facts_of(), clients)

    announce_document(facts_of(Status.FAILED), clients)

    assert [message["status"] for message in queue.messages] == ["published", "failed"]


def test_a_late_second_run_does_not_announce_a_publication_that_was_undone() -> None:
    queue = InMemoryQueue()
    clients = fake_clients(queue=queue)
    announce_document(facts_of(), clients)
    announce_document(facts_of(Status.FAILED), clients)

    announce_document(facts_of(), clients)

    assert [message["status"] for message in queue.messages] == ["published", "failed"]


def test_a_queue_that_is_away_defers_the_step(run_registered: RunRegistered) -> None:
    clients = fake_clients(queue=failing(InMemoryQueue(), "send", AWAY))

    deferred = run_registered(Activity.ANNOUNCE_DOCUMENT, facts_of(), clients)
    sent = run_registered(Activity.ANNOUNCE_DOCUMENT, facts_of(), clients)

    assert deferred.deferred is not None
    assert sent.value == {}


def test_the_name_in_a_message_reads_as_it_looks() -> None:
    queue = InMemoryQueue()
    facts = facts_of()
    source = facts.request.source.model_copy(update={"name": "in/a\u202efdp.\u2066exe\u2028"})
    odd = facts.request.model_copy(update={"source": source})

    announce_document(facts.model_copy(update={"request": odd}), fake_clients(queue=queue))

    assert queue.messages[0]["name"] == "in/afdp.exe"
