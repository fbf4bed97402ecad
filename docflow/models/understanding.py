"""What the model is asked and says: summary and urgency; then the checks, and the route."""

from __future__ import annotations

from typing import Literal

from docflow.models.documents import RetryPolicy
from docflow.models.payloads import Payload
from docflow.models.states import UrgencyLevel

_COUNTED = (
    "calls",
    "prompt_tokens",
    "completion_tokens",
    "cached_calls",
    "saved_prompt_tokens",
    "saved_completion_tokens",
)


class SummaryRequest(Payload):
    """Input of the sub-orchestration `summarize_document`."""

    document_id: str
    parts: list[str]
    part_characters: int = 24_000
    retry: RetryPolicy = RetryPolicy()


class PartRequest(Payload):
    """Input of `summarize_part`: part `number` (from 1) covers the pages in `pages`."""

    document_id: str
    number: int
    pages: str
    whole: bool
    """Whether the part is all of the document."""
    part_characters: int = 24_000
    """Longest text taken of one page."""


class CombineRequest(Payload):
    """Input of `combine_summaries`: joins summaries of one level into one of the next.

    Level 0 holds the summaries of the parts. With `final` the result becomes the document's.
    """

    document_id: str
    level: int
    first: int
    last: int
    number: int
    final: bool


class ModelStep(Payload):
    """Result of a step that calls the model; what it said is stored in `work`."""

    blocked_code: str | None = None
    """Set where the model declined for good, for example `CONTENT_FILTERED`."""
    blocked_message: str = ""


class UrgencyRequest(Payload):
    """Input of `judge_urgency`."""

    document_id: str


class UrgencyJudgement(Payload):
    """Result of `judge_urgency`: the model's view and the rules that fired, by name."""

    level: UrgencyLevel = UrgencyLevel.NORMAL
    score: float = 0
    signals: list[str] = []
    blocked_code: str | None = None
    blocked_message: str = ""


class UrgencyDecision(Payload):
    """What the flow goes by."""

    level: UrgencyLevel
    score: float
    decided_by: Literal["model", "policy", "reviewer"]
    signals: list[str] = []


class ChecksRequest(Payload):
    """Input of `check_summary`."""

    document_id: str


class CheckResult(Payload):
    """One guardrail that ran."""

    name: str
    passed: bool
    detail: str = ""


class ChecksReport(Payload):
    """Result of `check_summary`."""

    checks: list[CheckResult] = []


class Route(Payload):
    """Result of the routing decision."""

    review: bool
    reasons: list[str] = []


class ModelCall(Payload):
    """What is known of one kind of model call, summed over its calls."""

    step: str
    deployment: str
    model: str
    prompt_version: str
    prompt_sha256: str
    calls: int = 1
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_calls: int = 0
    saved_prompt_tokens: int = 0
    """Tokens that cached calls would have taken."""
    saved_completion_tokens: int = 0

    def plus(self, other: ModelCall) -> ModelCall:
        """Add up with another call of the same kind."""
        counted = {name: getattr(self, name) + getattr(other, name) for name in _COUNTED}
        return self.model_copy(update=counted)
