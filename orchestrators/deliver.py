"""Delivers an approved or unremarkable document, or undoes what it had done: a saga."""

from __future__ import annotations

from typing import Any, TypeVar

import azure.durable_functions as df

from docflow.contracts import Activity
from docflow.durable.steps import Context, Steps, run, utc_now
from docflow.errors import ErrorCode, StepFailed
from docflow.models.delivery import (
    Closing,
    CompensationRequest,
    DeliveryRequest,
    DeliveryResult,
    Ticket,
    TimelineEntry,
)
from docflow.models.documents import Failure
from docflow.models.payloads import Done, Payload

blueprint = df.Blueprint()

ResultT = TypeVar("ResultT", bound=Payload)


@blueprint.orchestration_trigger(context_name="context")
def deliver(context: Context) -> Steps[dict[str, Any]]:
    """Open the ticket, write the record, update the index, announce, notify: all or nothing.

    A step that fails for good undoes the earlier ones, the latest first. The result then carries
    the failure; the caller records it as the document's end.
    """
    request = DeliveryRequest.load(context.get_input(expected_type=dict))
    saga = _Saga(context, request)
    try:
        yield from saga.forward()
    except StepFailed as failure:
        yield from saga.back(failure)
    return saga.result.dump()


class _Saga:
    def __init__(self, context: Context, request: DeliveryRequest) -> None:
        self._context = context
        self._closing = request.closing
        self._open_ticket = request.open_ticket
        self._retry = request.closing.request.flow.retry
        self._undo: list[Activity] = []
        self.result = DeliveryResult()

    def forward(self) -> Steps[None]:
        """Run the steps in order; what undoes a step is known before the step is tried.

        A step whose answer got lost may have had its effect, so it is undone like one that
        succeeded; undoing what never happened does nothing.
        """
        if self._open_ticket:
            self._undo.append(Activity.CANCEL_TICKET)
            opened = yield from self._run(Activity.OPEN_TICKET, self._closing, Ticket)
            self.result = self.result.model_copy(update={"ticket": opened})
            self._note("ticket_opened", opened.key)
        self._note("published")

        self._undo.append(Activity.WITHDRAW_RECORD)
        yield from self._run(Activity.WRITE_RECORD, self._closing_now(), Done)
        yield from self._run(Activity.UPDATE_INDEX, self._closing_now().index_update(), Done)

        self._undo.append(Activity.RETRACT_ANNOUNCEMENT)
        yield from self._run(Activity.ANNOUNCE_DOCUMENT, self._closing_now(), Done)
        yield from self._run(Activity.NOTIFY_WEBHOOK, self._closing_now(), Done)

    def back(self, failure: StepFailed) -> Steps[None]:
        """Undo in reverse; a compensation that fails is recorded and the others still run."""
        self._note("delivery_failed", f"{failure.step}: {failure.code}")
        request = CompensationRequest(
            document_id=self._closing.document_id,
            name=self._closing.request.source.name,
            reason=failure.code,
        )
        left = []
        for compensation in reversed(self._undo):
            try:
                yield from self._run(compensation, request, Done)
            except StepFailed as second:
                self._note("compensation_failed", f"{compensation}: {second.code}")
                left.append(self._described(compensation))
            else:
                self._note("compensated", compensation.value)
        message = f"The step {failure.step} failed ({failure.code}): {failure.message}"
        if left:
            message += f" Not undone, see to it by hand: {', '.join(left)}."
        self.result = self.result.model_copy(
            update={
                "ticket": None,
                "failure": Failure(code=ErrorCode.DELIVERY_FAILED, message=message),
            }
        )

    def _described(self, compensation: Activity) -> str:
        ticket = self.result.ticket
        if compensation is Activity.CANCEL_TICKET and ticket is not None:
            return f"{compensation} ({ticket.key})"
        return compensation.value

    def _closing_now(self) -> Closing:
        return self._closing.model_copy(
            update={
                "ticket": self.result.ticket,
                "timeline": [*self._closing.timeline, *self.result.timeline],
            }
        )

    def _note(self, event: str, detail: str = "") -> None:
        entry = TimelineEntry(at=utc_now(self._context), event=event, detail=detail)
        self.result = self.result.model_copy(update={"timeline": [*self.result.timeline, entry]})

    def _run(self, step: Activity, payload: Payload, result: type[ResultT]) -> Steps[ResultT]:
        return run(self._context, step, payload, result, retry=self._retry)
