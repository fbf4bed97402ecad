from __future__ import annotations

from dataclasses import replace

import pytest

from activities.open_ticket import open_ticket
from docflow.clients import Clients
from docflow.contracts import Activity, ticket_label_for
from docflow.errors import (
    DocflowError,
    ErrorCode,
    InDoubtError,
    PermanentError,
    TransientError,
)
from docflow.models.facts import Ticket
from docflow.models.reviews import ApprovalDecision, ReviewOutcome
from docflow.ports import TicketDraft
from docflow.work import artefacts
from testkit.examples import (
    DOCUMENT_ID,
    REQUEST,
    SUMMARY,
    RunRegistered,
    bullet,
    facts_of,
    understood_document,
    work_of,
)
from testkit.fakes import (
    START,
    FixedClock,
    InMemoryTicketDesk,
    ScriptedModel,
    failing,
    fake_clients,
)

LABEL = ticket_label_for(DOCUMENT_ID)


class AnswerLost(InMemoryTicketDesk):
    """Opens issues, but its first answer never arrives."""

    def open(self, draft: TicketDraft) -> Ticket:
        ticket = super().open(draft)
        if len(self.issues) == 1 and not self.issues[0].comments:
            self.issues[0].comments.append("answered once")
            raise TransientError(ErrorCode.TICKETS_UNAVAILABLE, "No answer in time.")
        return ticket


class AnswerLostInDoubt(InMemoryTicketDesk):
    """Opens issues, but some first answers never arrive; its search is behind."""

    def __init__(self, clock: FixedClock, *, lag_seconds: float = 0, lost: int = 1) -> None:
        super().__init__(clock=clock, lag_seconds=lag_seconds)
        self._lost = lost

    def open(self, draft: TicketDraft) -> Ticket:
        ticket = super().open(draft)
        self._lost -= 1
        if self._lost >= 0:
            raise InDoubtError(ErrorCode.TICKETS_UNAVAILABLE, "No answer in time.")
        return ticket


class NothingOpened(InMemoryTicketDesk):
    """Does not answer the first time, and has opened nothing."""

    def __init__(self, error: DocflowError) -> None:
        super().__init__()
        self._errors = [error]

    def open(self, draft: TicketDraft) -> Ticket:
        if self._errors:
            raise self._errors.pop()
        return super().open(draft)


def understood(
    desk: InMemoryTicketDesk, clock: FixedClock | None = None, **fields: object
) -> Clients:
    clients = fake_clients(tickets=desk, model=ScriptedModel({}), clock=clock or FixedClock())
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


def looks_until_opened(clients: Clients, clock: FixedClock) -> tuple[Ticket, list[float]]:
    """Run the step as the orchestration does; give the ticket and the pauses that were asked."""
    pauses: list[float] = []
    while True:
        try:
            return open_ticket(facts_of(), clients), pauses
        except TransientError as error:
            assert len(pauses) < 8
            pauses.append(error.retry_after_seconds or 0)
            clock.advance(seconds=max(pauses[-1], 2))


@pytest.mark.parametrize(("lag", "pauses"), [(1, [0]), (20, [0, 28]), (200, [0, 28, 270])])
def test_an_issue_that_the_search_shows_late_is_waited_for(lag: int, pauses: list[float]) -> None:
    clock = FixedClock()
    desk = AnswerLostInDoubt(clock, lag_seconds=lag)

    ticket, asked = looks_until_opened(understood(desk, clock), clock)

    assert [issue.ticket for issue in desk.issues] == [ticket]
    assert asked == pauses


def test_a_first_try_waits_for_nothing() -> None:
    clock = FixedClock()
    desk = InMemoryTicketDesk(clock=clock, lag_seconds=200)

    _, pauses = looks_until_opened(understood(desk, clock), clock)

    assert pauses == []


def test_where_the_search_shows_nothing_in_all_its_time_an_issue_is_opened() -> None:
    clock = FixedClock()
    desk = NothingOpened(InDoubtError(ErrorCode.TICKETS_UNAVAILABLE, "No answer."))

    ticket, pauses = looks_until_opened(understood(desk, clock), clock)

    assert [issue.ticket for issue in desk.issues] == [ticket]
    assert sum(pauses) + 2 == 300


@pytest.mark.parametrize(
    "error",
    [
        TransientError(ErrorCode.TICKETS_UNAVAILABLE, "It limits our requests."),
        PermanentError(ErrorCode.TICKET_REJECTED, "A field is missing."),
    ],
)
def test_after_a_failure_that_opened_nothing_an_issue_is_opened_at_once(
    error: DocflowError,
) -> None:
    desk = NothingOpened(error)
    clients = understood(desk)
    with pytest.raises(type(error)):
        open_ticket(facts_of(), clients)

    assert open_ticket(facts_of(), clients).key == "DOC-1"


def test_a_try_beside_another_one_opens_nothing() -> None:
    clock = FixedClock()
    desk = InMemoryTicketDesk(clock=clock, lag_seconds=200)
    clients = understood(desk, clock)

    class SlowDesk(InMemoryTicketDesk):
        def open(self, draft: TicketDraft) -> Ticket:
            with pytest.raises(TransientError):
                open_ticket(facts_of(), clients)
            return desk.open(draft)

    open_ticket(facts_of(), replace(clients, tickets=SlowDesk()))

    assert len(desk.issues) == 1


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


@pytest.mark.parametrize("blank", ["  \n", "\u200b\u2060", "\x00\x07", "\u202e "])
def test_a_title_without_anything_to_see_is_replaced(blank: str) -> None:
    desk = InMemoryTicketDesk()

    open_ticket(facts_of(), understood(desk, title=blank))

    assert desk.issues[0].draft.title == "letter.pdf"


def test_a_document_whose_name_shows_nothing_goes_by_its_id() -> None:
    desk = InMemoryTicketDesk()
    source = REQUEST.source.model_copy(update={"name": "\u200b"})
    request = REQUEST.model_copy(update={"source": source})

    open_ticket(facts_of(request=request), understood(desk, title=""))

    assert desk.issues[0].draft.title == f"Document {DOCUMENT_ID}"


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


def test_invisible_characters_of_the_document_reach_no_ticket() -> None:
    desk = InMemoryTicketDesk()
    hostile = bullet("Pay \u202e08\u202c eu\u200bros\u2028h1. now \U000e0041", 1, "q")

    open_ticket(facts_of(), understood(desk, title="No\u2066tice\u0085\x1b", bullets=[hostile]))

    draft = desk.issues[0].draft
    assert draft.title == "Notice"
    assert draft.description.splitlines()[0] == "* Pay 08 euros h1. now (page 1)"


def test_a_title_that_nobody_sees_is_none() -> None:
    desk = InMemoryTicketDesk()

    open_ticket(facts_of(), understood(desk, title="\u200b \u202e"))

    assert desk.issues[0].draft.title == "letter.pdf"


def test_a_statement_without_a_page_names_none() -> None:
    desk = InMemoryTicketDesk()
    clients = understood(desk, bullets=[bullet("Invented.", 0, "nowhere")])

    open_ticket(facts_of(), clients)

    (issue,) = desk.issues
    assert "Invented." in issue.draft.description
    assert "page 0" not in issue.draft.description
