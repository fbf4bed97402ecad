"""Wait for a decision until a deadline, with reminders; part of `process_document`.

It is not a sub-orchestration, because the external event is sent to the document's instance.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from docflow.contracts import Activity
from docflow.durable.events import NOTHING, EventWait, parse_decision
from docflow.durable.steps import Steps
from docflow.errors import StepFailed
from docflow.models.payloads import Done
from docflow.models.reviews import (
    ApprovalDecision,
    ReminderRequest,
    ReviewOutcome,
    Settlement,
    SettlementRequest,
    StoredDecision,
)
from docflow.models.states import Stage
from docflow.policy.reminders import next_reminder
from docflow.policy.retry import LONG_OUTAGE_RETRY
from orchestrators.journey import Journey


def await_approval(
    journey: Journey, decisions: EventWait, reasons: list[str], deadline: datetime
) -> Steps[ReviewOutcome]:
    """Wait until there is a valid decision or the deadline has passed, and return the outcome.

    The outcome is settled by one conditional write: the first one counts. So a decision through the
    app's API counts even if its event was lost, and later decisions change nothing. An invalid
    event is counted and shown, and the wait continues.

    Args:
        journey: the document.
        decisions: the wait for events; it was created at the start of the orchestration, so that
            an early decision is not lost.
        reasons: why the document needs a review.
        deadline: when the document expires.
    """
    flow = journey.request.flow
    escalation = journey.now + timedelta(seconds=flow.approval_escalation_seconds)
    outcome = ReviewOutcome()
    journey.note("review_requested", ", ".join(reasons))
    journey.enter(Stage.WAITING_FOR_REVIEW)

    while True:
        _show(journey, outcome, reasons, deadline)
        event = yield from decisions.until(next_reminder(journey.now, deadline, flow))

        decision = None if event is NOTHING else parse_decision(event)
        if decision == "invalid":
            journey.note("invalid_decision_ignored")
            invalid = outcome.invalid_decisions + 1
            outcome = outcome.model_copy(update={"invalid_decisions": invalid})
            decision = None

        now = journey.now
        stored = yield from _settle(journey, decision, expired=now >= deadline)
        if stored is not None:
            return _concluded(journey, outcome, stored)

        if event is NOTHING:
            outcome = outcome.model_copy(
                update={"reminders": outcome.reminders + 1, "escalated": now >= escalation}
            )
            yield from _remind(journey, outcome, deadline - now)


def _show(journey: Journey, outcome: ReviewOutcome, reasons: list[str], deadline: datetime) -> None:
    journey.show(
        review={
            "deadline": deadline.isoformat(),
            "reasons": reasons,
            "reminders": outcome.reminders,
            "escalated": outcome.escalated,
            "invalidDecisions": outcome.invalid_decisions,
        }
    )


def _settle(
    journey: Journey, decision: ApprovalDecision | None, *, expired: bool
) -> Steps[StoredDecision | None]:
    """Store the decision, or that there was none before the deadline; return what is stored."""
    candidate = None
    if decision is not None or expired:
        candidate = StoredDecision(decision=decision, decided_at=journey.now, via="event")
    request = SettlementRequest(document_id=journey.request.document_id, candidate=candidate)
    settlement = yield from journey.run(
        Activity.SETTLE_DECISION, request, Settlement, retry=LONG_OUTAGE_RETRY
    )
    return settlement.stored


def _concluded(journey: Journey, outcome: ReviewOutcome, stored: StoredDecision) -> ReviewOutcome:
    if stored.decision is None:
        journey.note("review_expired")
        return outcome
    verdict = "approved" if stored.decision.approved else "rejected"
    journey.note(verdict, f"by {stored.decision.reviewer or 'unknown'}, via {stored.via}")
    return outcome.model_copy(
        update={
            "decision": stored.decision,
            "decided_at": stored.decided_at,
            "via": stored.via,
        }
    )


def _remind(journey: Journey, outcome: ReviewOutcome, left: timedelta) -> Steps[None]:
    """Send one reminder; if it cannot be sent, the wait continues."""
    request = journey.request
    reminder = ReminderRequest(
        document_id=request.document_id,
        name=request.source.name,
        number=outcome.reminders,
        escalated=outcome.escalated,
        seconds_left=int(left.total_seconds()),
    )
    try:
        yield from journey.run(Activity.REMIND_REVIEWER, reminder, Done)
    except StepFailed as failure:
        journey.note("reminder_failed", failure.code)
    else:
        journey.note("reminder_sent", "escalated" if outcome.escalated else "")
