"""What a document took: pages of OCR, calls of the model, and what that costs."""

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
        """Return the sum with another call of the same kind."""
        counted = {name: getattr(self, name) + getattr(other, name) for name in _COUNTED}
        return self.model_copy(update=counted)


class UsageLine(Payload):
    """One call of the model, as it is appended to the usage of a document."""

    key: str
    """Names the call within the document, so that a line appended twice counts once."""
    call: ModelCall


def sum_of(calls: Iterable[ModelCall]) -> list[ModelCall]:
    """Add up calls of the same step, deployment, model and prompt, in the order they came."""
    totals: dict[tuple[str, ...], ModelCall] = {}
    for call in calls:
        kind = (call.step, call.deployment, call.model, call.prompt_sha256)
        before = totals.get(kind)
        totals[kind] = call if before is None else before.plus(call)
    return list(totals.values())


class Cost(Payload):
    """What a document cost, estimated from list prices."""

    # What has a default came later: it is missing in old records.
    model_config = ConfigDict(json_schema_serialization_defaults_required=False)

    ocr_pages: Count
    prompt_tokens: Count
    completion_tokens: Count
    cached_calls: Count
    estimated_usd: UsDollars
    ocr_pages_saved: Count = 0
    """Pages that were read by their text layer or had been read before, instead of by OCR."""
    saved_usd: UsDollars = 0
    """What these pages and the cached calls would have cost."""


@dataclass(frozen=True, slots=True)
class Prices:
    """List prices in US dollars."""

    per_1000_ocr_pages: float
    per_million_prompt_tokens: float
    per_million_completion_tokens: float

    def of(self, *, ocr_pages: int, prompt_tokens: int, completion_tokens: int) -> float:
        """Return what so many pages and tokens cost, to a millionth of a dollar."""
        return round(
            ocr_pages * self.per_1000_ocr_pages / 1_000
            + prompt_tokens * self.per_million_prompt_tokens / 1_000_000
            + completion_tokens * self.per_million_completion_tokens / 1_000_000,
            6,
        )
