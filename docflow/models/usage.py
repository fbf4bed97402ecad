"""The usage of a document: pages of OCR, calls of the model, and their cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import ConfigDict

from docflow.models.payloads import Count, Payload, UsDollars

_COUNTED = (
    "calls",
    "prompt_tokens",
    "completion_tokens",
    "cached_calls",
    "saved_prompt_tokens",
    "saved_completion_tokens",
)


class ModelCall(Payload):
    """The usage of one kind of model call, summed over all its calls."""

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
    """Prompt tokens that the cached calls would have taken."""
    saved_completion_tokens: int = 0

    def plus(self, other: ModelCall) -> ModelCall:
        """Return the sum of this and another call of the same kind."""
        counted = {name: getattr(self, name) + getattr(other, name) for name in _COUNTED}
        return self.model_copy(update=counted)


class UsageLine(Payload):
    """One line of the usage of a document: one call of the model."""

    key: str
    """Identifies the call within the document, so that a line that was appended twice counts
    once."""
    call: ModelCall


def sum_of(calls: Iterable[ModelCall]) -> list[ModelCall]:
    """Return one sum for each step, deployment, model and prompt, in order of appearance."""
    totals: dict[tuple[str, ...], ModelCall] = {}
    for call in calls:
        kind = (call.step, call.deployment, call.model, call.prompt_sha256)
        before = totals.get(kind)
        totals[kind] = call if before is None else before.plus(call)
    return list(totals.values())


class Cost(Payload):
    """The cost of a document, estimated from list prices."""

    # Fields with a default were added later; old records do not have them.
    model_config = ConfigDict(json_schema_serialization_defaults_required=False)

    ocr_pages: Count
    prompt_tokens: Count
    completion_tokens: Count
    cached_calls: Count
    estimated_usd: UsDollars
    ocr_pages_saved: Count = 0
    """Pages that were read from their text layer or from the cache instead of by OCR."""
    saved_usd: UsDollars = 0
    """Estimated cost of these pages and of the cached calls, which was saved."""


@dataclass(frozen=True, slots=True)
class Prices:
    """List prices in US dollars."""

    per_1000_ocr_pages: float
    per_million_prompt_tokens: float
    per_million_completion_tokens: float

    def of(self, *, ocr_pages: int, prompt_tokens: int, completion_tokens: int) -> float:
        """Return the price of pages and tokens, rounded to a millionth of a dollar."""
        return round(
            ocr_pages * self.per_1000_ocr_pages / 1_000
            + prompt_tokens * self.per_million_prompt_tokens / 1_000_000
            + completion_tokens * self.per_million_completion_tokens / 1_000_000,
            6,
        )
