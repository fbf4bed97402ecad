from __future__ import annotations

import json

import pytest

from activities.notify_webhook import notify
from docflow.contracts import Activity
from docflow.errors import ErrorCode, PermanentError, TransientError
from docflow.models.payloads import Done
from docflow.models.states import Status
from testkit.examples import DOCUMENT_ID, RunRegistered, closing, understood_document
from testkit.fakes import RecordingNotifier, failing, fake_clients

ENDS = [status for status in Status if status.ended]


@pytest.mark.parametrize("status", ENDS)
def test_every_end_is_posted_as_an_event_of_its_own(status: Status) -> None:
    notifier = RecordingNotifier()

    notify(closing(status), fake_clients(notifier=notifier))

    (sent,) = notifier.sent
    assert (sent.event, sent.key) == (f"document.{status}", f"{DOCUMENT_ID}-{status}")
    assert sent.body["status"] == status


def test_a_post_that_runs_twice_carries_the_same_key_and_body() -> None:
    notifier = RecordingNotifier()
    clients = fake_clients(notifier=notifier)

    assert notify(closing(), clients) == notify(closing(), clients) == Done()
    assert notifier.sent[0] == notifier.sent[1]


def test_no_text_of_the_document_is_posted() -> None:
    notifier = RecordingNotifier()
    clients = fake_clients(notifier=notifier)
    understood_document(clients)

    notify(closing(), clients)

    assert "Meter" not in json.dumps(notifier.sent[0].body)


def test_a_receiver_that_is_away_defers_and_one_that_says_no_refuses(
    run_registered: RunRegistered,
) -> None:
    away = TransientError(ErrorCode.WEBHOOK_UNAVAILABLE, "away")
    no = PermanentError(ErrorCode.WEBHOOK_REJECTED, "It says no.")
    clients = fake_clients(notifier=failing(RecordingNotifier(), "notify", away, no))

    replies = [run_registered(Activity.NOTIFY_WEBHOOK, closing(), clients) for _ in range(3)]

    assert replies[0].deferred is not None
    assert replies[1].refused is not None
    assert replies[1].refused.code == "WEBHOOK_REJECTED"
    assert replies[2].value == {}
