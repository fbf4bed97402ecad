"""The cost of a document, estimated from list prices."""

from __future__ import annotations

from collections.abc import Sequence

from docflow.models.usage import Cost, ModelCall, Prices


def estimate_cost(
    calls: Sequence[ModelCall], prices: Prices, *, ocr_pages: int, ocr_pages_saved: int
) -> Cost:
    """Return the usage of a document, its estimated cost, and what the cache saved."""
    prompt_tokens = sum(call.prompt_tokens for call in calls)
    completion_tokens = sum(call.completion_tokens for call in calls)
    return Cost(
        ocr_pages=ocr_pages,
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        cached_calls=sum(call.cached_calls for call in calls),
        estimated_usd=prices.of(
            ocr_pages=ocr_pages, prompt_tokens=prompt_tokens, completion_tokens=completion_tokens
        ),
        ocr_pages_saved=ocr_pages_saved,
        saved_usd=prices.of(
            ocr_pages=ocr_pages_saved,
            prompt_tokens=sum(call.saved_prompt_tokens for call in calls),
            completion_tokens=sum(call.saved_completion_tokens for call in calls),
        ),
    )
