from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from docflow.contracts import Orchestrator
from docflow.durable.steps import Reply, StepDeferral, StepRefusal
from docflow.models.delivery import DeliveryRequest, DeliveryResult
from docflow.models.documents import FlowSettings, RetryPolicy
from docflow.models.facts import DocumentFacts, Ticket, TimelineEntry
from docflow.models.payloads import Done
from docflow.models.states import Status
from testkit.examples import REQUEST, facts_of
from testkit.functions import orchestrator
from testkit.history import START, History, Replayed, replay

HANDLE = orchestrator(Orchestrator.DELIVER)
TICKET = Ticket(key="DOC-7", url="https://tickets.example.com/browse/DOC-7")
REFUSED = Reply(refused=StepRefusal(code="SAYS_NO", message="It says no.")).dump()
BUSY = Reply(deferred=StepDeferral(code="IS_AWAY", message="It is away.")).dump()
DONE = Reply(value=Done().dump()).dump()
OPENED = Reply(value=TICKET.dump()).dump()

STEPS = ["write_record", "update_index", "announce_document", "notify_webhook"]
URGENT_STEPS = ["open_ticket", *STEPS]
UNDONE = {
    "write_record": ["withdraw_record"],
    "update_index": ["withdraw_record"],
    "announce_document": ["retract_announcement", "withdraw_record"],
    "notify_webhook": ["retract_announcement", "withdraw_record"],
}
URGENT_UNDONE = {
    "open_ticket": ["cancel_ticket"],
    **{step: [*undone, "cancel_ticket"] for step, undone in UNDONE.items()},
}
FAILURES = [(True, step) for step in URGENT_STEPS] + [(False, step) for step in STEPS]


class Story(History):
    """The history of one delivery."""

    def __init__(self, *, urgent: bool = True) -> None:
        retry = RetryPolicy(attempts=2, first_seconds=1, max_seconds=8)
        request = REQUEST.model_copy(update={"flow": FlowSettings(retry=retry)})
        received = TimelineEntry(at=START, event="received")
        end = facts_of(request=request, timeline=[received])
        super().__init__("deliver", DeliveryRequest(facts=end, open_ticket=urgent))
        self.steps = URGENT_STEPS if urgent else STEPS

    def done(self, *steps: str) -> Story:
        for step in steps:
            self.completed(step, OPENED if step == "open_ticket" else DONE)
        return self

    def until(self, failing: str) -> Story:
        return self.done(*self.steps[: self.steps.index(failing)])

    def refused(self, step: str) -> Story:
        self.completed(step, REFUSED)
        return self

    def gave_up(self, step: str) -> Story:
        self.completed(step, BUSY)
        self.timer_fired(self.timer_created(timedelta(seconds=1)), timedelta(seconds=1))
        self.completed(step, BUSY)
        return self

    def answer(self) -> Replayed:
        return replay(HANDLE, self)

    def activities(self) -> list[str | None]:
        return [a.name for a in self.answer().scheduled if a.kind == "activity"]

    def result(self) -> DeliveryResult:
        answer = self.answer()
        assert answer.done
        return DeliveryResult.load(answer.output)


def events(entries: list[TimelineEntry]) -> list[str]:
    return [f"{entry.event} {entry.detail}".strip() for entry in entries]


def input_of(story: Story, step: str) -> dict[str, Any]:
    found: dict[str, Any] = next(a.input for a in story.answer().scheduled if a.name == step)
    return found


def test_an_urgent_document_is_delivered_step_by_step() -> None:
    story = Story().done(*URGENT_STEPS)

    result = story.result()

    assert story.activities() == URGENT_STEPS
    assert (result.ticket, result.failure) == (TICKET, None)
    assert events(result.timeline) == ["ticket_opened DOC-7", "published"]


def test_a_normal_document_gets_no_ticket() -> None:
    story = Story(urgent=False).done(*STEPS)

    result = story.result()

    assert story.activities() == STEPS
    assert result.ticket is None
    assert events(result.timeline) == ["published"]


def test_each_step_waits_for_the_one_before() -> None:
    story = Story()

    for count, step in enumerate(URGENT_STEPS, start=1):
        assert story.activities() == URGENT_STEPS[:count]
        story.done(step)


def test_ticket_and_timeline_so_far_reach_the_steps_after() -> None:
    story = Story().done(*URGENT_STEPS)

    record = DocumentFacts.load(input_of(story, "write_record"))

    assert (record.ticket, record.status) == (TICKET, Status.PUBLISHED)
    assert events(record.timeline) == ["received", "ticket_opened DOC-7", "published"]
    assert input_of(story, "update_index")["ticket_key"] == "DOC-7"
    assert input_of(story, "announce_document")["ticket"] == TICKET.dump()
    assert input_of(story, "notify_webhook")["ticket"] == TICKET.dump()


@pytest.mark.parametrize(("urgent", "step"), FAILURES)
@pytest.mark.parametrize("how", ["refused", "gave_up"])
def test_a_step_that_fails_undoes_the_earlier_ones_the_latest_first(
    urgent: bool, step: str, how: str
) -> None:
    undone = (URGENT_UNDONE if urgent else UNDONE)[step]
    story = Story(urgent=urgent).until(step)
    if how == "refused":
        story.refused(step)
    else:
        story.gave_up(step)

    story.done(*undone)

    tried = story.steps[: story.steps.index(step) + 1]
    again = [step] if how == "gave_up" else []
    assert story.activities() == [*tried, *again, *undone]
    result = story.result()
    assert result.ticket is None
    assert result.failure is not None
    assert result.failure.code == "DELIVERY_FAILED"
    code = "SAYS_NO" if how == "refused" else "IS_AWAY"
    assert f"step {step} failed ({code})" in result.failure.message
    assert events(result.timeline)[-len(undone) - 1 :] == [
        f"delivery_failed {step}: {code}",
        *[f"compensated {compensation}" for compensation in undone],
    ]


def test_what_is_undone_is_told_the_document_and_the_reason() -> None:
    story = Story().until("notify_webhook").refused("notify_webhook")

    assert input_of(story, "retract_announcement") == {
        "document_id": REQUEST.document_id,
        "name": "letter.pdf",
        "reason": "SAYS_NO",
    }


def test_a_ticket_whose_answer_was_lost_is_cancelled() -> None:
    story = Story().gave_up("open_ticket").done("cancel_ticket")

    assert story.activities() == ["open_ticket", "open_ticket", "cancel_ticket"]
    assert story.result().ticket is None


def test_a_step_that_was_busy_once_undoes_nothing() -> None:
    story = Story()
    story.completed("open_ticket", BUSY)
    story.timer_fired(story.timer_created(timedelta(seconds=1)), timedelta(seconds=1))
    story.done(*URGENT_STEPS)

    assert story.result().failure is None
    assert story.activities() == ["open_ticket", *URGENT_STEPS]


def test_a_step_that_ends_abnormally_again_and_again_undoes_the_earlier_ones() -> None:
    story = Story(urgent=False).done("write_record")
    story.failed("update_index")
    story.timer_fired(story.timer_created(timedelta(seconds=1)), timedelta(seconds=1))
    story.failed("update_index")
    story.done("withdraw_record")

    failure = story.result().failure
    assert failure is not None
    assert "step update_index failed (STEP_FAILED)" in failure.message


@pytest.mark.parametrize("broken", ["retract_announcement", "withdraw_record", "cancel_ticket"])
def test_a_compensation_that_fails_is_recorded_and_the_others_still_run(broken: str) -> None:
    story = Story().until("notify_webhook").refused("notify_webhook")
    for compensation in URGENT_UNDONE["notify_webhook"]:
        if compensation == broken:
            story.refused(compensation)
        else:
            story.done(compensation)

    result = story.result()

    assert story.activities()[-3:] == URGENT_UNDONE["notify_webhook"]
    assert events(result.timeline)[-3:] == [
        f"compensation_failed {name}: SAYS_NO" if name == broken else f"compensated {name}"
        for name in URGENT_UNDONE["notify_webhook"]
    ]
    assert result.failure is not None
    assert "step notify_webhook failed" in result.failure.message
    assert f"please do it by hand: {broken}" in result.failure.message
    assert ("(DOC-7)" in result.failure.message) is (broken == "cancel_ticket")


def test_a_ticket_whose_fate_is_unknown_is_said_to_be_so() -> None:
    story = Story().gave_up("open_ticket").refused("cancel_ticket")

    result = story.result()

    where = f'look in Jira for labels = "docflow-{REQUEST.document_id}"'
    assert events(result.timeline)[-1] == f"compensation_failed cancel_ticket: SAYS_NO; {where}"
    assert result.failure is not None
    assert f"please do it by hand: cancel_ticket ({where})." in result.failure.message
