from __future__ import annotations

import pytest

from activities.announce_document import announce
from activities.retract_announcement import retract
from docflow.contracts import Activity
from docflow.errors import ErrorCode, TransientError
from docflow.models.delivery import CompensationRequest
from docflow.models.payloads import Done
from testkit.examples import DOCUMENT_ID, RunRegistered, closing
from testkit.fakes import InMemoryQueue, failing, fake_clients

REQUEST = CompensationRequest(document_id=DOCUMENT_ID, name="letter.pdf", reason="WEBHOOK_REJECTED")
WITHDRAWN = {
    "event": "document-withdrawn",
    "key": f"{DOCUMENT_ID}-withdrawn",
    "documentId": DOCUMENT_ID,
    "name": "letter.pdf",
    "reason": "WEBHOOK_REJECTED",
}


def test_an_announcement_is_followed_by_its_withdrawal() -> None:
    queue = InMemoryQueue()
    clients = fake_clients(queue=queue)
    announce(closing(), clients)

    retract(REQUEST, clients)

    assert [message["event"] for message in queue.messages] == [
        "document-processed",
        "document-withdrawn",
    ]
    assert queue.messages[-1] == WITHDRAWN


def test_an_announcement_that_may_have_been_sent_is_withdrawn_too() -> None:
    queue = failing(
        InMemoryQueue(), "send", TransientError(ErrorCode.STORAGE_UNAVAILABLE, "no answer")
    )
    clients = fake_clients(queue=queue)
    with pytest.raises(TransientError):
        announce(closing(), clients)

    retract(REQUEST, clients)

    assert queue.messages == [WITHDRAWN]


def test_what_was_never_announced_is_not_withdrawn() -> None:
    queue = InMemoryQueue()

    assert retract(REQUEST, fake_clients(queue=queue)) == Done()
    assert queue.messages == []


def test_a_second_run_repeats_the_same_message_under_the_same_key() -> None:
    queue = InMemoryQueue()
    clients = fake_clients(queue=queue)
    announce(closing(), clients)

    assert retract(REQUEST, clients) == retract(REQUEST, clients)
    assert queue.messages[1:] == [WITHDRAWN, WITHDRAWN]


def test_it_replies_that_it_is_done(run_registered: RunRegistered) -> None:
    reply = run_registered(Activity.RETRACT_ANNOUNCEMENT, REQUEST, fake_clients())

    assert reply.value == {}
