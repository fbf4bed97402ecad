from __future__ import annotations

from activities.cancel_ticket import cancel_ticket
from docflow.contracts import Activity, ticket_label_for
from docflow.errors import ErrorCode, PermanentError
from docflow.models.delivery import CompensationRequest
from docflow.models.payloads import Done
from docflow.ports import TicketDraft
from testkit.examples import DOCUMENT_ID, RunRegistered
from testkit.fakes import InMemoryTicketDesk, failing, fake_clients

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
