"""What an orchestration knows of its document so far, and what it tells of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from docflow.contracts import WORKFLOW_VERSION, Activity
from docflow.durable.steps import Context, Steps, run, utc_now
from docflow.errors import StepFailed
from docflow.models.delivery import Closing, TimelineEntry
from docflow.models.documents import DocumentRequest, Failure, RetryPolicy
from docflow.models.files import Refused
from docflow.models.payloads import Done, Payload
from docflow.models.states import Stage, Status

ResultT = TypeVar("ResultT", bound=Payload)


class Journey:
    """One document under way: its facts, its timeline, its custom status.

    The custom status is a small object that the status query shows as it is:
    `{"stage", "pages": {"done", "total", "ocr"}, "urgency", "review": {...}}`. Only what stands
    when the orchestration pauses is ever seen.
    """

    def __init__(self, context: Context, request: DocumentRequest) -> None:
        self._context = context
        self._shown: dict[str, Any] = {}
        self.request = request
        self.facts = Closing(
            request=request,
            workflow_version=WORKFLOW_VERSION,
            status=Status.PUBLISHED,
            ended_at=utc_now(context),
            timeline=[TimelineEntry(at=request.received_at, event="received", detail=request.via)],
        )

    # facts

    def learn(self, **facts: Any) -> None:  # noqa: ANN401 - fields of Closing
        """Add what was found out."""
        self.facts = self.facts.model_copy(update=facts)

    def note(self, event: str, detail: str = "") -> None:
        """Add a line to the timeline, at the time of the orchestration."""
        entry = TimelineEntry(at=utc_now(self._context), event=event, detail=detail)
        self.learn(timeline=[*self.facts.timeline, entry])

    def end(self, status: Status) -> None:
        """Settle how the document ends."""
        self.learn(status=status, ended_at=utc_now(self._context))

    def quarantine(self, refused: Refused) -> None:
        """End with a file that is set aside."""
        error = Failure(code=refused.code, message=refused.message)
        self.learn(refused=refused, error=error)
        self.note("quarantined", refused.code)
        self.end(Status.QUARANTINED)

    def fail(self, failure: Failure) -> None:
        """End with a failure."""
        self.learn(error=failure)
        self.note("failed", failure.code)
        self.end(Status.FAILED)

    # what is told while it runs

    def enter(self, stage: Stage) -> None:
        """Show that a stage begins."""
        self.show(stage=stage.value)

    def pages(self, done: int, total: int, *, ocr: int | None = None) -> None:
        """Show how many pages have been read, and how many of them all need OCR, once known."""
        known = {} if ocr is None else {"ocr": ocr}
        self.show(pages={"done": done, "total": total, **known})

    def show(self, **values: Any) -> None:  # noqa: ANN401 - JSON values
        """Show further values in the custom status."""
        self._shown = {**self._shown, **values}
        self._context.set_custom_status(self._shown)

    # steps

    def run(
        self,
        step: Activity,
        payload: Payload,
        result: type[ResultT],
        *,
        retry: RetryPolicy | None = None,
    ) -> Steps[ResultT]:
        """Run one activity, with the document's retries unless others are given.

        Raises:
            StepFailed: it failed for good.
        """
        patience = retry or self.request.flow.retry
        return run(self._context, step, payload, result, retry=patience)

    def attempt(self, step: Activity, payload: Payload, *, otherwise: str) -> Steps[None]:
        """Run an activity that may fail without changing how the document ends."""
        try:
            yield from self.run(step, payload, Done)
        except StepFailed as failure:
            self.note(otherwise, failure.code)

    def index(
        self, status: Status, stage: Stage, *, deadline: datetime | None = None
    ) -> Steps[None]:
        """Tell the index where the document stands."""
        update = self.facts.index_update().model_copy(
            update={
                "status": status,
                "stage": stage,
                "updated_at": utc_now(self._context),
                "review_deadline": deadline,
                "waiting_since": utc_now(self._context) if status is Status.WAITING else None,
            }
        )
        return self.attempt(Activity.UPDATE_INDEX, update, otherwise="not_indexed")
