"""The promises bite: break one thing in the code, and a few seeds later the simulation says so."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from activities import (
    announce_document,
    judge_urgency,
    open_ticket,
)
from docflow.clients import Clients
from docflow.contracts import Activity
from docflow.durable.steps import Steps
from docflow.models.checks import CheckResult, ChecksReport, ChecksRequest
from docflow.models.facts import DocumentFacts, Ticket
from docflow.models.pages import PageRead, PageRequest
from docflow.models.reviews import Settlement, SettlementRequest
from docflow.models.states import Status
from docflow.ports import TicketDesk, TicketDraft
from docflow.record.messages import processed_message
from docflow.work import artefacts
from docflow.work.folder import WorkFolder
from orchestrators import deliver as saga
from testkit.fakes import InMemoryTicketDesk, Issue
from testkit.functions import function_of
from testkit.invariants import broken_invariants
from testkit.scenarios import Scenario, draw

Play = Callable[..., Any]
WITHIN = 150
"""Seeds, of the thousand that run each time."""


def finds(
    promise: str,
    play: Play,
    *,
    where: Callable[[Scenario], bool] = lambda _: True,
    desk: Callable[[], TicketDesk] | None = InMemoryTicketDesk,
    **steps: Callable[..., Any],
) -> bool:
    """Whether one of the first seeds, of the stories where it could, finds this promise broken.

    `steps` are other bodies for activities, by name.
    """
    others = {name: function_of(Activity(name), step) for name, step in steps.items()}
    stories = (scenario for seed in range(WITHIN) if where(scenario := draw(seed)))
    return any(
        promise in text
        for scenario in stories
        for text in broken_invariants(play(scenario, tickets=desk and desk(), steps=others).outcome)
    )


def may_open_an_issue(scenario: Scenario) -> bool:
    return scenario.urgent and Status.PUBLISHED in scenario.ends()


class ForgetfulDesk(InMemoryTicketDesk):
    """Opens an issue without looking whether there is one, and finds none that it opened."""

    def find(self, label: str) -> Ticket | None:
        return None

    def open(self, draft: TicketDraft) -> Ticket:
        number = len(self.issues) + 1
        ticket = Ticket(key=f"DOC-{number}", url=f"https://tickets.example.com/browse/DOC-{number}")
        self.issues.append(Issue(ticket, draft))
        return ticket


def test_desk_that_does_not_look_before_it_opens_an_issue(play: Play) -> None:
    assert finds("open issues, not 1", play, where=may_open_an_issue, desk=ForgetfulDesk)


def test_issue_that_is_opened_before_the_search_can_show_the_first(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_ticket, "pause_before_look", lambda *_: None)

    def desk_is_slow(scenario: Scenario) -> bool:
        return may_open_an_issue(scenario) and scenario.desk_lag_seconds > 0

    assert finds("open issues, not 1", play, where=desk_is_slow, desk=None)


def test_ocr_that_does_not_look_for_what_it_stored(play: Play) -> None:
    def read(request: PageRequest, clients: Clients) -> PageRead:
        work = WorkFolder(clients.store, request.document_id)
        page = clients.ocr.read_page(work.read_page_for_ocr(request.page), number=request.page)
        work.write(artefacts.PAGE, page, page=page.number)
        return PageRead(page=request.page)

    assert finds("paid for more than once: ocr_page", play, ocr_page=read)


def test_judgement_that_is_asked_for_again(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    class Forgetting(WorkFolder):
        def read(self, artefact: Any, **where: object) -> Any:
            return None if artefact is artefacts.URGENCY else super().read(artefact, **where)

    monkeypatch.setattr(judge_urgency, "WorkFolder", Forgetting)

    assert finds("paid for more than once: judge_urgency", play)


def test_decision_that_replaces_the_one_that_stands(play: Play) -> None:
    def settle(request: SettlementRequest, clients: Clients) -> Settlement:
        work = WorkFolder(clients.store, request.document_id)
        if request.candidate is not None:
            work.write(artefacts.DECISION, request.candidate)
        return Settlement(stored=work.read(artefacts.DECISION))

    assert finds("the API took another decision", play, settle_decision=settle)


def test_delivery_that_forgets_to_take_back_its_ticket(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    forward = saga._Saga.forward

    def forgetful(self: Any, *, open_ticket: bool) -> Steps[None]:
        try:
            return (yield from forward(self, open_ticket=open_ticket))
        finally:
            self._undo = [step for step in self._undo if step is not Activity.CANCEL_TICKET]

    monkeypatch.setattr(saga._Saga, "forward", forgetful)

    assert finds("1 open issues, not 0", play)


def test_announcement_whose_key_differs_from_try_to_try(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = itertools.count()

    def message(facts: DocumentFacts, base_url: str) -> dict[str, Any]:
        return {**processed_message(facts, base_url), "key": f"try {next(tries)}"}

    monkeypatch.setattr(announce_document, "processed_message", message)

    assert finds("keys of a message for the one end", play)


def test_step_that_tells_history_what_the_document_says(play: Play) -> None:
    def check(request: ChecksRequest, clients: Clients) -> ChecksReport:
        pages = WorkFolder(clients.store, request.document_id).read_pages(artefacts.TRANSCRIPT)
        return ChecksReport(checks=[CheckResult(name="text", passed=True, detail=pages[0].text)])

    assert finds("text of the document is in the history", play, check_summary=check)


def test_event_whose_body_may_name_a_class(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docflow.durable.events.AnyJson", dict)

    assert finds("process_document is Failed", play, where=lambda story: story.needs_review)
