"""One document under way: what is known of it, what is told of it, and how its steps are run."""

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
    """Carries a document through an orchestration: context, facts, timeline, custom status.

    The custom status is a small object that the status query shows as it is:
    `{"stage", "pages": {"done", "total", "ocr"}, "urgency", "review": {...}}`. Only what stands
    when the orchestration pauses is ever seen.
    """

    def __init__(self, context: Context, facts: DocumentFacts) -> None:
        self.context = context
        self.facts = facts
        self._shown: dict[str, Any] = {}

    @property
    def request(self) -> DocumentRequest:
        """What the document was started with."""
        return self.facts.request

    @property
    def entry(self) -> IndexEntry:
        """What the index is told of the document."""
        return IndexEntry.of(self.facts)

    @property
    def now(self) -> datetime:
        """The time of the orchestration (UTC), which is the same on every replay."""
        return utc_now(self.context)

    # What is known.

    def learn(self, **facts: Any) -> None:  # noqa: ANN401 - fields of DocumentFacts
        """Add what was found out."""
        self.facts = self.facts.model_copy(update=facts)

    def note(self, event: str, detail: str = "") -> None:
        """Add a line to the timeline."""
        entry = TimelineEntry(at=self.now, event=event, detail=detail)
        self.learn(timeline=[*self.facts.timeline, entry])

    def wait_for_review(self, deadline: datetime) -> None:
        """Let the document wait for a person, at most until a moment."""
        self.learn(
            status=Status.WAITING,
            stage=Stage.WAITING_FOR_REVIEW,
            updated_at=self.now,
            waiting_since=self.now,
            review_deadline=deadline,
        )

    def resume(self) -> None:
        """Let the document go on after its review."""
        self.learn(
            status=Status.PROCESSING,
            stage=Stage.DELIVERING,
            updated_at=self.now,
            waiting_since=None,
            review_deadline=None,
        )

    def end(self, end: Status | Refused | Failure) -> None:
        """Settle how the document ends: by its review, in quarantine, or by a failure."""
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

    # What is told while it runs.

    def enter(self, stage: Stage) -> None:
        """Show that a stage begins."""
        self.show(stage=stage.value)

    def show_pages(self, done: int, total: int, *, ocr: int | None = None) -> None:
        """Show how many pages have been read, and how many of them all need OCR, once known."""
        known = {} if ocr is None else {"ocr": ocr}
        self.show(pages={"done": done, "total": total, **known})

    def show(self, **values: Any) -> None:  # noqa: ANN401 - JSON values
        """Show further values in the custom status."""
        self._shown = {**self._shown, **values}
        self.context.set_custom_status(self._shown)

    # How steps are run.

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
        retries = retry or self.request.flow.retry
        return run(self.context, step, payload, result, retry=retries)

    def run_child(
        self, child: Orchestrator, payload: Payload, result: type[ResultT]
    ) -> Steps[ResultT]:
        """Run one sub-orchestration.

        Raises:
            StepFailed: it failed.
        """
        return run_child(self.context, child, payload, result)

    def attempt(self, step: Activity, payload: Payload, *, otherwise: str) -> Steps[None]:
        """Run an activity whose failure changes nothing but the timeline."""
        try:
            yield from self.run(step, payload, Done)
        except StepFailed as failure:
            self.note(otherwise, failure.code)

    def index(self) -> Steps[None]:
        """Tell the index where the document stands."""
        return self.attempt(Activity.UPDATE_INDEX, self.entry, otherwise="not_indexed")
