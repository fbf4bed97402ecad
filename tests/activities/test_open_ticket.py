from __future__ import annotations

import pytest

from activities.open_ticket import open_ticket
from docflow.clients import Clients
from docflow.contracts import Activity, ticket_label_for
from docflow.errors import ErrorCode, PermanentError, TransientError
from docflow.models.facts import Ticket
from docflow.models.reviews import ApprovalDecision, ReviewOutcome
from docflow.ports import TicketDraft
from docflow.work import artefacts
from testkit.examples import (
    DOCUMENT_ID,
    SUMMARY,
    RunRegistered,
    bullet,
    facts_of,
    understood_document,
    work_of,
)
from testkit.fakes import START, InMemoryTicketDesk, ScriptedModel, failing, fake_clients

LABEL = ticket_label_for(DOCUMENT_ID)


class AnswerLost(InMemoryTicketDesk):
    """Opens issues, but its first answer never arrives."""

    def open(self, draft: TicketDraft) -> Ticket:
        ticket = super().open(draft)
        if len(self.issues) == 1 and not self.issues[0].comments:
            self.issues[0].comments.append("answered once")
            raise TransientError(ErrorCode.TICKETS_UNAVAILABLE, "No answer in time.")
        return ticket


def understood(desk: InMemoryTicketDesk, **fields: object) -> Clients:
    clients = fake_clients(tickets=desk, model=ScriptedModel({}))
    understood_document(clients, summary=SUMMARY.model_copy(update=fields))
    return clients


def test_an_issue_is_opened_under_the_documents_label_and_remembered() -> None:
    desk = InMemoryTicketDesk()
    clients = understood(desk)

    ticket = open_ticket(facts_of(), clients)

    (issue,) = desk.issues
    assert issue.ticket == ticket == work_of(clients).read(artefacts.TICKET)
    assert (issue.draft.label, issue.draft.title) == (LABEL, "Meter reading and payment")
    assert issue.draft.description.splitlines() == [
        "* The meter was read. (page 1)",
        "* 80 euros are due. (page 2)",
        "* The account is known. (page 2)",
        "",
        f"Document: http://127.0.0.1:7071/api/documents/{DOCUMENT_ID}",
    ]


def test_a_second_run_opens_nothing() -> None:
    desk = InMemoryTicketDesk()
    clients = understood(desk)

    assert open_ticket(facts_of(), clients) == open_ticket(facts_of(), clients)
    assert len(desk.issues) == 1


def test_an_issue_whose_answer_was_lost_is_found_by_its_label() -> None:
    desk = AnswerLost()
    clients = understood(desk)
    with pytest.raises(TransientError):
        open_ticket(facts_of(), clients)
    assert work_of(clients).read(artefacts.TICKET) is None

    ticket = open_ticket(facts_of(), clients)

    assert [issue.ticket for issue in desk.issues] == [ticket]


def test_an_issue_that_was_opened_before_a_crash_is_found_by_its_label() -> None:
    desk = InMemoryTicketDesk()
    clients = understood(desk)
    away = TransientError(ErrorCode.STORAGE_UNAVAILABLE, "away")
    crashing = fake_clients(tickets=desk, store=failing(clients.store, "write", away))
    with pytest.raises(TransientError):
        open_ticket(facts_of(), crashing)

    ticket = open_ticket(facts_of(), clients)

    assert [issue.ticket for issue in desk.issues] == [ticket]


def test_a_reviewers_own_statements_replace_those_of_the_model() -> None:
    desk = InMemoryTicketDesk()
    decision = ApprovalDecision(approved=True, summary=["Call the landlord."])
    review = ReviewOutcome(decision=decision, decided_at=START, via="event")

    open_ticket(facts_of(review=review), understood(desk))

    description = desk.issues[0].draft.description
    assert "* Call the landlord." in description
    assert "meter" not in description


def test_wiki_markup_from_the_document_stays_plain_text() -> None:
    desk = InMemoryTicketDesk()
    hostile = bullet("{code}x{code} [click|http://evil.example] !pic!\nh1. Big", 1, "q")

    open_ticket(facts_of(), understood(desk, bullets=[hostile]))

    first = desk.issues[0].draft.description.splitlines()[0]
    assert first == (r"* \{code\}x\{code\} \[click\|http://evil.example\] \!pic\! h1. Big (page 1)")


def test_a_backslash_in_the_document_does_not_undo_an_escape() -> None:
    desk = InMemoryTicketDesk()

    open_ticket(facts_of(), understood(desk, bullets=[bullet(r"\{code}", 1, "q")]))

    first = desk.issues[0].draft.description.splitlines()[0]
    assert first == r"* &#92;\{code\} (page 1)"


def test_a_title_is_one_line_of_bounded_length() -> None:
    desk = InMemoryTicketDesk()

    open_ticket(facts_of(), understood(desk, title="Two\nlines " + "x" * 500))

    title = desk.issues[0].draft.title
    assert title.startswith("Two lines xxx")
    assert len(title) == 200


def test_a_document_without_a_title_goes_by_its_file_name() -> None:
    desk = InMemoryTicketDesk()

    open_ticket(facts_of(), understood(desk, title=""))

    assert desk.issues[0].draft.title == "letter.pdf"


def test_without_a_summary_nothing_is_opened() -> None:
    desk = InMemoryTicketDesk()

    with pytest.raises(PermanentError, match="ARTEFACT_MISSING"):
        open_ticket(facts_of(), fake_clients(tickets=desk))
    assert desk.issues == []


def test_a_desk_that_is_busy_defers_the_step(run_registered: RunRegistered) -> None:
    busy = TransientError(ErrorCode.TICKETS_UNAVAILABLE, "busy", retry_after_seconds=11)
    clients = understood(failing(InMemoryTicketDesk(), "open", busy))

    deferred = run_registered(Activity.OPEN_TICKET, facts_of(), clients)
    opened = run_registered(Activity.OPEN_TICKET, facts_of(), clients)

    assert deferred.deferred is not None
    assert deferred.deferred.retry_after_seconds == 11
    assert opened.value == {"key": "DOC-1", "url": "https://tickets.example.com/browse/DOC-1"}


def test_a_statement_without_a_page_names_none() -> None:
    desk = InMemoryTicketDesk()
    clients = understood(desk, bullets=[bullet("Invented.", 0, "nowhere")])

    open_ticket(facts_of(), clients)

    (issue,) = desk.issues
    assert "Invented." in issue.draft.description
    assert "page 0" not in issue.draft.description
