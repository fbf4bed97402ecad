"""The promises bite: break one thing in the code, and a few seeds later the simulation says so."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from activities import (
    announce_document,
    check_summary,
    judge_urgency,
    ocr_page,
    settle_decision,
)
from docflow.clients import Clients
from docflow.contracts import Activity
from docflow.durable.steps import Steps
from docflow.models.checks import CheckResult, ChecksReport, ChecksRequest
from docflow.models.delivery import Closing, Ticket
from docflow.models.pages import PageRead, PageRequest
from docflow.models.reviews import Settlement, SettlementRequest
from docflow.models.states import Status
from docflow.ports import TicketDesk, TicketDraft
from docflow.record.messages import processed_notice
from docflow.work.folder import WorkFolder
from orchestrators import deliver as saga
from testkit.fakes import InMemoryTicketDesk, Issue
from testkit.invariants import broken_promises
from testkit.scenarios import Scenario, draw

Play = Callable[..., Any]
WITHIN = 150
"""Seeds, of the thousand that run each time."""


def finds(
    promise: str,
    play: Play,
    *,
    where: Callable[[Scenario], bool] = lambda _: True,
    desk: Callable[[], TicketDesk] = InMemoryTicketDesk,
) -> bool:
    """Whether one of the first seeds, of the stories where it could, finds this promise broken."""
    stories = (scenario for seed in range(WITHIN) if where(scenario := draw(seed)))
    return any(
        promise in text
        for scenario in stories
        for text in broken_promises(play(scenario, tickets=desk()).outcome)
    )


def may_open_an_issue(scenario: Scenario) -> bool:
    return scenario.urgent and Status.PUBLISHED in scenario.ends()


class ForgetfulDesk(InMemoryTicketDesk):
    """Opens an issue without looking whether there is one."""

    def open(self, draft: TicketDraft) -> Ticket:
        number = len(self.issues) + 1
        ticket = Ticket(key=f"DOC-{number}", url=f"https://tickets.example.com/browse/DOC-{number}")
        self.issues.append(Issue(ticket, draft))
        return ticket


def test_desk_that_does_not_look_before_it_opens_an_issue(play: Play) -> None:
    assert finds("open issues, not 1", play, where=may_open_an_issue, desk=ForgetfulDesk)


def test_ocr_that_does_not_look_for_what_it_stored(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(request: PageRequest, clients: Clients) -> PageRead:
        work = WorkFolder(clients.store, request.document_id)
        page = clients.ocr.read_page(work.read_page_for_ocr(request.page), number=request.page)
        work.write_page(page)
        return PageRead(page=request.page)

    monkeypatch.setattr(ocr_page, "read", read)

    assert finds("paid for in vain: ocr_page", play)


def test_judgement_that_is_asked_for_again(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    class Forgetting(WorkFolder):
        def read(self, name: str, kind: Any) -> Any:
            return None

    monkeypatch.setattr(judge_urgency, "WorkFolder", Forgetting)

    assert finds("paid for in vain: judge_urgency", play)


def test_decision_that_replaces_the_one_that_stands(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    def settle(request: SettlementRequest, clients: Clients) -> Settlement:
        work = WorkFolder(clients.store, request.document_id)
        if request.candidate is not None:
            work.write("decision.json", request.candidate)
        return Settlement(stored=work.read_decision())

    monkeypatch.setattr(settle_decision, "settle", settle)

    assert finds("the API took another decision", play)


def test_delivery_that_forgets_to_take_back_its_ticket(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    forward = saga._Saga.forward

    def forgetful(self: Any) -> Steps[None]:
        try:
            return (yield from forward(self))
        finally:
            self._undo = [step for step in self._undo if step is not Activity.CANCEL_TICKET]

    monkeypatch.setattr(saga._Saga, "forward", forgetful)

    assert finds("1 open issues, not 0", play)


def test_announcement_whose_key_differs_from_try_to_try(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = itertools.count()

    def notice(closing: Closing, base_url: str) -> dict[str, Any]:
        return {**processed_notice(closing, base_url), "key": f"try {next(tries)}"}

    monkeypatch.setattr(announce_document, "processed_notice", notice)

    assert finds("keys of a message for the one end", play)


def test_step_that_tells_history_what_the_document_says(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(request: ChecksRequest, clients: Clients) -> ChecksReport:
        pages = WorkFolder(clients.store, request.document_id).read_transcript()
        return ChecksReport(checks=[CheckResult(name="text", passed=True, detail=pages[0].text)])

    monkeypatch.setattr(check_summary, "check", check)

    assert finds("text of the document is in the history", play)


def test_event_whose_body_may_name_a_class(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docflow.durable.events.AnyJson", dict)

    assert finds("process_document is Failed", play, where=lambda story: story.needs_review)
