"""Deliver a document, or undo the steps of its delivery: a saga."""

from __future__ import annotations

from docflow.contracts import Activity, ticket_search_for
from docflow.durable.steps import Context, Steps
from docflow.errors import ErrorCode, StepFailed
from docflow.models.delivery import CompensationRequest, DeliveryRequest, DeliveryResult
from docflow.models.documents import Failure
from docflow.models.facts import Ticket
from docflow.models.payloads import Done
from docflow.models.states import Stage
from orchestrators import orchestrator
from orchestrators.journey import Journey


@orchestrator
def deliver(context: Context, request: DeliveryRequest) -> Steps[DeliveryResult]:
    """Open the ticket, write the record, update the index, announce, notify: all or nothing.

    If a step fails permanently, the earlier steps are undone in reverse order. The result then
    contains the failure, and the caller ends the document as failed.
    """
    journey = Journey(context, request.facts)
    journey.learn(stage=Stage.DONE)  # requests of version 1 do not contain it
    saga = _Saga(journey)
    failure = None
    try:
        yield from saga.forward(open_ticket=request.open_ticket)
    except StepFailed as failed:
        failure = yield from saga.back(failed)
    return DeliveryResult(
        ticket=None if failure else journey.facts.ticket,
        failure=failure,
        timeline=journey.facts.timeline[len(request.facts.timeline) :],
    )


class _Saga:
    """The steps of a delivery, and the compensations of the steps that were tried."""

    def __init__(self, journey: Journey) -> None:
        self._journey = journey
        self._undo: list[Activity] = []

    def forward(self, *, open_ticket: bool) -> Steps[None]:
        """Run the steps in order; note the compensation of a step before the step is tried.

        A step whose answer was lost may have had its effect, so it is undone like a step that
        succeeded. A compensation of a step without effect does nothing.
        """
        journey = self._journey
        if open_ticket:
            self._undo.append(Activity.CANCEL_TICKET)
            ticket = yield from journey.run(Activity.OPEN_TICKET, journey.facts, Ticket)
            journey.learn(ticket=ticket)
            journey.note("ticket_opened", ticket.key)
        journey.note("published")

        self._undo.append(Activity.WITHDRAW_RECORD)
        yield from journey.run(Activity.WRITE_RECORD, journey.facts, Done)
        yield from journey.run(Activity.UPDATE_INDEX, journey.entry, Done)

        self._undo.append(Activity.RETRACT_ANNOUNCEMENT)
        yield from journey.run(Activity.ANNOUNCE_DOCUMENT, journey.facts, Done)
        yield from journey.run(Activity.NOTIFY_WEBHOOK, journey.facts, Done)

    def back(self, failed: StepFailed) -> Steps[Failure]:
        """Run the compensations in reverse order and return the failure of the delivery.

        A compensation that fails does not stop the others.
        """
        journey = self._journey
        journey.note("delivery_failed", f"{failed.step}: {failed.code}")
        request = CompensationRequest(
            document_id=journey.request.document_id,
            name=journey.request.source.name,
            reason=failed.code,
        )
        left = []
        for compensation in reversed(self._undo):
            try:
                yield from journey.run(compensation, request, Done)
            except StepFailed as second:
                where = self._where_to_look(compensation)
                detail = f"{compensation}: {second.code}"
                journey.note("compensation_failed", f"{detail}; {where}" if where else detail)
                left.append(self._described(compensation, where))
            else:
                journey.note("compensated", compensation.value)
        message = f"The step {failed.step} failed ({failed.code}): {failed.message}"
        if left:
            message += f" Not undone, please do it by hand: {', '.join(left)}."
        return Failure(code=ErrorCode.DELIVERY_FAILED, message=message)

    def _where_to_look(self, compensation: Activity) -> str:
        """Return how a person finds what was not undone, where its key is not known."""
        journey = self._journey
        if compensation is not Activity.CANCEL_TICKET or journey.facts.ticket is not None:
            return ""
        return f"look in Jira for {ticket_search_for(journey.request.document_id)}"

    def _described(self, compensation: Activity, where: str) -> str:
        ticket = self._journey.facts.ticket
        if compensation is Activity.CANCEL_TICKET and ticket is not None:
            return f"{compensation} ({ticket.key})"
        return f"{compensation} ({where})" if where else compensation.value
