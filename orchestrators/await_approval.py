"""Waits for a person's decision against a deadline, with reminders; part of `process_document`.

It is not registered on its own: the external event is addressed to the document's instance.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from docflow.contracts import Activity
from docflow.durable.events import NOTHING, EventWait, parse_decision
from docflow.durable.steps import Context, Steps, run, utc_now
from docflow.errors import StepFailed
from docflow.models.documents import DocumentRequest
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
from docflow.policy.retry import PATIENT
from orchestrators.journey import Journey


def await_approval(
    context: Context, journey: Journey, events: EventWait, reasons: list[str], deadline: datetime
) -> Steps[ReviewOutcome]:
    """Wait until a valid decision stands or the deadline passes.

    Whatever ends the wait is settled in storage, where the first one wins: so a decision made
    through the app's API counts even if its wake-up got lost, and nothing changes it afterwards.
    An invalid body is counted and shown, and the wait goes on. `events` has been listening since
    the start, so that a decision which came early is the first to be looked at.
    """
    request = journey.request
    escalation = utc_now(context) + timedelta(seconds=request.flow.approval_escalation_seconds)
    outcome = ReviewOutcome()
    journey.note("review_requested", ", ".join(reasons))
    journey.enter(Stage.WAITING_FOR_REVIEW)

    while True:
        journey.show(
            review={
                "deadline": deadline.isoformat(),
                "reasons": reasons,
                "reminders": outcome.reminders,
                "escalated": outcome.escalated,
                "invalidDecisions": outcome.invalid_decisions,
            }
        )
        event = yield from events.until(next_reminder(utc_now(context), deadline, request.flow))

        decision = None if event is NOTHING else parse_decision(event)
        if decision == "invalid":
            journey.note("invalid_decision_ignored")
            outcome = outcome.model_copy(
                update={"invalid_decisions": outcome.invalid_decisions + 1}
            )
            decision = None

        now = utc_now(context)
        stored = yield from _settle(context, request, decision, expired=now >= deadline)
        if stored is not None:
            return _concluded(journey, outcome, stored)

        if event is NOTHING:
            outcome = outcome.model_copy(
                update={"reminders": outcome.reminders + 1, "escalated": now >= escalation}
            )
            yield from _remind(context, request, journey, outcome, deadline - now)


def _settle(
    context: Context,
    request: DocumentRequest,
    decision: ApprovalDecision | None,
    *,
    expired: bool,
) -> Steps[StoredDecision | None]:
    """Store the decision, or that there was none in time; give what stands."""
    candidate = None
    if decision is not None or expired:
        candidate = StoredDecision(decision=decision, decided_at=utc_now(context), via="event")
    settlement = yield from run(
        context,
        Activity.SETTLE_DECISION,
        SettlementRequest(document_id=request.document_id, candidate=candidate),
        Settlement,
        retry=PATIENT,
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


def _remind(
    context: Context,
    request: DocumentRequest,
    journey: Journey,
    outcome: ReviewOutcome,
    left: timedelta,
) -> Steps[None]:
    """Send one reminder; one that cannot be sent must not end the wait."""
    reminder = ReminderRequest(
        document_id=request.document_id,
        name=request.source.name,
        number=outcome.reminders,
        escalated=outcome.escalated,
        seconds_left=int(left.total_seconds()),
    )
    try:
        yield from run(context, Activity.REMIND_REVIEWER, reminder, Done, retry=request.flow.retry)
    except StepFailed as failure:
        journey.note("reminder_failed", failure.code)
    else:
        journey.note("reminder_sent", "escalated" if outcome.escalated else "")
