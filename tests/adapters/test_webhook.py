"""Notifications against a scripted receiver."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from docflow.adapters import webhook
from docflow.adapters.webhook import WebhookNotifier
from docflow.errors import DocflowError, PermanentError, TransientError
from testkit.fakes import Notification, RecordingNotifier
from testkit.stub_server import Reply, StubServer

BODY = {"documentId": "abc", "title": "Prüfung"}


def test_an_event_is_posted_with_its_key(server: StubServer) -> None:
    server.on("POST", "/hook", Reply(202))

    WebhookNotifier(f"{server.url}/hook").notify("review.waiting", BODY, key="abc-1")

    (asked,) = server.requests
    assert asked.json() == BODY
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["idempotency-key"] == "abc-1"
    assert asked.headers["x-docflow-event"] == "review.waiting"
    assert "x-docflow-signature" not in asked.headers


def test_an_event_is_signed_where_a_secret_is_set(server: StubServer) -> None:
    server.on("POST", "/hook", Reply(200))

    WebhookNotifier(f"{server.url}/hook", "s3cret").notify("review.waiting", BODY, key="abc-1")

    (asked,) = server.requests
    signature = hmac.new(b"s3cret", asked.body, hashlib.sha256).hexdigest()
    assert asked.headers["x-docflow-signature"] == f"sha256={signature}"


def test_without_an_address_nothing_is_posted(server: StubServer) -> None:
    WebhookNotifier(None).notify("review.waiting", BODY, key="abc-1")

    assert server.requests == []


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (Reply(408), TransientError, "WEBHOOK_UNAVAILABLE"),
        (Reply(425), TransientError, "WEBHOOK_UNAVAILABLE"),
        (Reply(429), TransientError, "WEBHOOK_UNAVAILABLE"),
        (Reply(500), TransientError, "WEBHOOK_UNAVAILABLE"),
        (Reply(503), TransientError, "WEBHOOK_UNAVAILABLE"),
        (Reply(hang_up=True), TransientError, "WEBHOOK_UNAVAILABLE"),
        (Reply(hang_seconds=10), TransientError, "WEBHOOK_UNAVAILABLE"),
        (Reply(400), PermanentError, "WEBHOOK_REJECTED"),
        (Reply(401), PermanentError, "WEBHOOK_REJECTED"),
        (Reply(404), PermanentError, "WEBHOOK_REJECTED"),
        (Reply(410), PermanentError, "WEBHOOK_REJECTED"),
        (Reply(302, headers={"Location": "/other"}), PermanentError, "WEBHOOK_REJECTED"),
    ],
)
def test_failures_are_told_apart_and_redirects_not_followed(
    server: StubServer,
    monkeypatch: pytest.MonkeyPatch,
    reply: Reply,
    kind: type[Exception],
    code: str,
) -> None:
    monkeypatch.setattr(webhook, "TIMEOUT_SECONDS", 0.2)
    server.on("POST", "/hook", reply)

    with pytest.raises(DocflowError) as caught:
        WebhookNotifier(f"{server.url}/hook").notify("review.waiting", BODY, key="abc-1")

    assert isinstance(caught.value, kind)
    assert caught.value.code == code
    assert len(server.requests) == 1


def test_the_receiver_may_ask_for_patience(server: StubServer) -> None:
    server.on("POST", "/hook", Reply(429, headers={"Retry-After": "7"}))

    with pytest.raises(TransientError) as caught:
        WebhookNotifier(f"{server.url}/hook").notify("review.waiting", BODY, key="abc-1")

    assert caught.value.retry_after_seconds == 7


def test_the_recording_notifier_keeps_what_was_sent() -> None:
    notifier = RecordingNotifier()

    notifier.notify("review.waiting", BODY, key="abc-1")

    assert notifier.sent == [Notification("review.waiting", BODY, "abc-1")]
