from __future__ import annotations

from datetime import timedelta

from activities.remind_reviewer import remind_reviewer
from docflow.contracts import Activity
from docflow.errors import ErrorCode, PermanentError, TransientError
from docflow.models.payloads import Done
from docflow.models.reviews import ReminderRequest
from docflow.settings import Settings
from testkit.examples import DOCUMENT_ID, RunRegistered
from testkit.fakes import Notification, RecordingNotifier, failing, fake_clients

PUBLIC = Settings.load({"PUBLIC_BASE_URL": "https://docs.example.com"})


def reminder(number: int = 1, *, escalated: bool = False) -> ReminderRequest:
    left = int(timedelta(hours=5).total_seconds())
    return ReminderRequest(
        document_id=DOCUMENT_ID,
        name="letter.pdf",
        number=number,
        escalated=escalated,
        seconds_left=left,
    )


def test_a_reminder_leads_to_the_document_and_its_review() -> None:
    notifier = RecordingNotifier()

    remind_reviewer(reminder(2), fake_clients(notifier=notifier, settings=PUBLIC))

    base = "https://docs.example.com/api"
    assert notifier.sent == [
        Notification(
            "review.reminder",
            {
                "documentId": DOCUMENT_ID,
                "name": "letter.pdf",
                "reminder": 2,
                "secondsLeft": 18_000,
                "links": {
                    "document": f"{base}/documents/{DOCUMENT_ID}",
                    "review": f"{base}/reviews/{DOCUMENT_ID}",
                },
            },
            f"{DOCUMENT_ID}-reminder-2",
        )
    ]


def test_an_escalated_reminder_says_so() -> None:
    notifier = RecordingNotifier()

    remind_reviewer(reminder(escalated=True), fake_clients(notifier=notifier))

    assert notifier.sent[0].event == "review.escalated"


def test_reminders_have_keys_of_their_own_and_a_repeated_one_keeps_its_key() -> None:
    notifier = RecordingNotifier()
    clients = fake_clients(notifier=notifier)

    results = [remind_reviewer(reminder(number), clients) for number in (1, 1, 2)]

    assert results == [Done()] * 3
    assert len({sent.key for sent in notifier.sent}) == 2


def test_a_receiver_that_is_away_defers_and_one_that_says_no_refuses(
    run_registered: RunRegistered,
) -> None:
    away = TransientError(ErrorCode.WEBHOOK_UNAVAILABLE, "away")
    no = PermanentError(ErrorCode.WEBHOOK_REJECTED, "It says no.")
    clients = fake_clients(notifier=failing(RecordingNotifier(), "notify", away, no))

    replies = [run_registered(Activity.REMIND_REVIEWER, reminder(), clients) for _ in range(3)]

    assert replies[0].deferred is not None
    assert replies[1].refused is not None
    assert replies[1].refused.code == "WEBHOOK_REJECTED"
    assert replies[2].value == {}


def test_a_reminder_shows_the_name_as_it_reads() -> None:
    notifier = RecordingNotifier()
    odd = reminder().model_copy(update={"name": "invoice\u202efdp.exe\n"})

    remind_reviewer(odd, fake_clients(notifier=notifier))

    assert notifier.sent[0].body["name"] == "invoicefdp.exe"
