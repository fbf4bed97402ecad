"""The state of a document in an orchestration: its facts, its custom status, its steps."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from docflow.contracts import Activity, Orchestrator
from docflow.durable.steps import Context, Steps, run, run_child, utc_now
from docflow.errors import StepFailed
from docflow.models.documents import DocumentRequest, Failure, RetryPolicy
from docflow.models.facts import DocumentFacts, TimelineEntry
from docflow.models.files import Refused
from docflow.models.index import IndexEntry
from docflow.models.payloads import Done, Payload
from docflow.models.states import Stage, Status

ResultT = TypeVar("ResultT", bound=Payload)


class Journey:
    """A document during an orchestration: context, facts, timeline, custom status.

    The custom status is a small object that the status query shows without change:
    `{"stage", "pages": {"done", "total", "ocr"}, "urgency", "review": {...}}`. It is visible from
    outside only when the orchestration waits.
    """

    def __init__(self, context: Context, facts: DocumentFacts) -> None:
        self.context = context
        self.facts = facts
        self._shown: dict[str, Any] = {}

    @property
    def request(self) -> DocumentRequest:
        """Return the request with which the document was started."""
        return self.facts.request

    @property
    def entry(self) -> IndexEntry:
        """Return the index entry of the document, made from its facts."""
        return IndexEntry.of(self.facts)

    @property
    def now(self) -> datetime:
        """Return the time of the orchestration (UTC), which is the same in every replay."""
        return utc_now(self.context)

    # Facts.

    def learn(self, **facts: Any) -> None:  # noqa: ANN401 - fields of DocumentFacts
        """Change facts of the document."""
        self.facts = self.facts.model_copy(update=facts)

    def note(self, event: str, detail: str = "") -> None:
        """Add an entry to the timeline."""
        entry = TimelineEntry(at=self.now, event=event, detail=detail)
        self.learn(timeline=[*self.facts.timeline, entry])

    def wait_for_review(self, deadline: datetime) -> None:
        """Set the document to waiting for a review, at most until a deadline."""
        self.learn(
            status=Status.WAITING,
            stage=Stage.WAITING_FOR_REVIEW,
            updated_at=self.now,
            waiting_since=self.now,
            review_deadline=deadline,
        )

    def resume(self) -> None:
        """Set the document to processing again after its review."""
        self.learn(
            status=Status.PROCESSING,
            stage=Stage.DELIVERING,
            updated_at=self.now,
            waiting_since=None,
            review_deadline=None,
        )

    def end(self, end: Status | Refused | Failure) -> None:
        """Set the end of the document: a status after its review, a refusal, or a failure."""
        match end:
            case Refused():
                error = Failure(code=end.code, message=end.message)
                self.learn(status=Status.QUARANTINED, refused=end, error=error)
                self.note("quarantined", end.code)
            case Failure():
                self.learn(status=Status.FAILED, error=end)
                self.note("failed", end.code)
            case Status():
                self.learn(status=end)
        self.learn(stage=Stage.DONE, updated_at=self.now)

    # Custom status.

    def enter(self, stage: Stage) -> None:
        """Show the stage that begins."""
        self.show(stage=stage.value)

    def show_pages(self, done: int, total: int, *, ocr: int | None = None) -> None:
        """Show the number of pages read, of all pages and, once known, of pages that need OCR."""
        known = {} if ocr is None else {"ocr": ocr}
        self.show(pages={"done": done, "total": total, **known})

    def show(self, **values: Any) -> None:  # noqa: ANN401 - JSON values
        """Add values to the custom status."""
        self._shown = {**self._shown, **values}
        self.context.set_custom_status(self._shown)

    # Steps.

    def run(
        self,
        step: Activity,
        payload: Payload,
        result: type[ResultT],
        *,
        retry: RetryPolicy | None = None,
    ) -> Steps[ResultT]:
        """Run one activity with the retries of the document, or with the given retries.

        Raises:
            StepFailed: the activity failed permanently.
        """
        retries = retry or self.request.flow.retry
        return run(self.context, step, payload, result, retry=retries)

    def run_child(
        self, child: Orchestrator, payload: Payload, result: type[ResultT]
    ) -> Steps[ResultT]:
        """Run one sub-orchestration.

        Raises:
            StepFailed: the sub-orchestration failed.
        """
        return run_child(self.context, child, payload, result)

    def attempt(self, step: Activity, payload: Payload, *, otherwise: str) -> Steps[None]:
        """Run an activity; if it fails, only add `otherwise` to the timeline."""
        try:
            yield from self.run(step, payload, Done)
        except StepFailed as failure:
            self.note(otherwise, failure.code)

    def index(self) -> Steps[None]:
        """Update the document index."""
        return self.attempt(Activity.UPDATE_INDEX, self.entry, otherwise="not_indexed")
