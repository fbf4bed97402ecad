from __future__ import annotations

import pytest

from activities.cancel_ticket import cancel_ticket
from docflow.contracts import Activity, ticket_label_for
from docflow.errors import ErrorCode, PermanentError, TransientError
from docflow.models.delivery import CompensationRequest, TicketIntent
from docflow.models.payloads import Done
from docflow.ports import TicketDraft
from docflow.work.artefacts import TICKET, TICKET_INTENT
from testkit.examples import DOCUMENT_ID, RunRegistered, work_of
from testkit.fakes import START, FixedClock, InMemoryTicketDesk, failing, fake_clients

REQUEST = CompensationRequest(document_id=DOCUMENT_ID, name="letter.pdf", reason="WEBHOOK_REJECTED")


def desk_with(*document_ids: str) -> InMemoryTicketDesk:
    desk = InMemoryTicketDesk()
    for document_id in document_ids:
        label = ticket_label_for(document_id)
        desk.open(TicketDraft(label=label, title="t", description="d", urgent=True))
    return desk


def test_the_documents_issue_is_cancelled_with_the_reason_and_no_other() -> None:
    desk = desk_with(DOCUMENT_ID, "another")

    cancel_ticket(REQUEST, fake_clients(tickets=desk))

    assert [issue.cancelled for issue in desk.issues] == [True, False]
    (comment,) = desk.issues[0].comments
    assert REQUEST.reason in comment


def test_a_second_run_changes_nothing() -> None:
    desk = desk_with(DOCUMENT_ID)
    clients = fake_clients(tickets=desk)

    assert cancel_ticket(REQUEST, clients) == cancel_ticket(REQUEST, clients) == Done()
    assert len(desk.issues[0].comments) == 1


def test_where_no_issue_was_opened_there_is_nothing_to_do() -> None:
    assert cancel_ticket(REQUEST, fake_clients()) == Done()


def test_an_issue_that_cannot_be_cancelled_is_a_refusal(run_registered: RunRegistered) -> None:
    error = PermanentError(ErrorCode.TICKET_REJECTED, "It has no such transition.")
    clients = fake_clients(tickets=failing(desk_with(DOCUMENT_ID), "cancel", error))

    reply = run_registered(Activity.CANCEL_TICKET, REQUEST, clients)

    assert reply.refused is not None
    assert reply.refused.code == "TICKET_REJECTED"


DRAFT = TicketDraft(label=ticket_label_for(DOCUMENT_ID), title="t", description="d", urgent=True)


def test_an_issue_whose_key_is_known_is_cancelled_before_the_search_shows_it() -> None:
    clock = FixedClock()
    desk = InMemoryTicketDesk(clock=clock, lag_seconds=200)
    clients = fake_clients(tickets=desk, clock=clock)
    work_of(clients).write(TICKET, desk.open(DRAFT))

    assert cancel_ticket(REQUEST, clients) == Done()
    assert [issue.cancelled for issue in desk.issues] == [True]


def test_a_known_issue_is_cancelled_where_the_search_is_down() -> None:
    desk = InMemoryTicketDesk()
    away = TransientError(ErrorCode.TICKETS_UNAVAILABLE, "The search is down.")
    clients = fake_clients(tickets=failing(desk, "cancel", away, forever=True))
    work_of(clients).write(TICKET, desk.open(DRAFT))
    work_of(clients).write(TICKET_INTENT, TicketIntent(asked_at=START))

    assert cancel_ticket(REQUEST, clients) == Done()
    assert desk.issues[0].cancelled


def test_an_issue_that_may_have_been_opened_is_looked_for_again_and_cancelled() -> None:
    clock = FixedClock()
    desk = InMemoryTicketDesk(clock=clock, lag_seconds=200)
    clients = fake_clients(tickets=desk, clock=clock)
    work_of(clients).write(TICKET_INTENT, TicketIntent(asked_at=clock.now()))
    desk.open(DRAFT)

    for pause in (30, 270):
        with pytest.raises(TransientError) as caught:
            cancel_ticket(REQUEST, clients)
        assert caught.value.retry_after_seconds == pause
        clock.advance(seconds=pause)
    cancel_ticket(REQUEST, clients)

    assert desk.issues[0].cancelled


def test_an_issue_that_is_never_found_does_not_count_as_cancelled() -> None:
    clock = FixedClock()
    clients = fake_clients(tickets=InMemoryTicketDesk(clock=clock), clock=clock)
    work_of(clients).write(TICKET_INTENT, TicketIntent(asked_at=clock.now()))
    clock.advance(seconds=300)

    with pytest.raises(PermanentError, match="TICKET_IN_DOUBT") as caught:
        cancel_ticket(REQUEST, clients)

    assert f'labels = "docflow-{DOCUMENT_ID}"' in caught.value.message


def test_both_issues_of_a_document_are_cancelled() -> None:
    clock = FixedClock()
    desk = InMemoryTicketDesk(clock=clock, lag_seconds=400)
    clients = fake_clients(tickets=desk, clock=clock)
    desk.open(DRAFT)
    clock.advance(seconds=300)
    work_of(clients).write(TICKET, desk.open(DRAFT))
    work_of(clients).write(TICKET_INTENT, TicketIntent(asked_at=clock.now(), times=2))
    clock.advance(seconds=200)

    cancel_ticket(REQUEST, clients)

    assert [issue.cancelled for issue in desk.issues] == [True, True]
