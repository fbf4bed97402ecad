"""What a document cost, estimated from list prices."""

from __future__ import annotations


def estimate_usd(
    *,
    ocr_pages: int,
    prompt_tokens: int,
    completion_tokens: int,
    usd_per_1000_pages: float,
    usd_per_million_prompt: float,
    usd_per_million_completion: float,
) -> float:
    """Estimate what a document cost, from list prices given as settings (US dollars)."""
    return round(
        ocr_pages * usd_per_1000_pages / 1_000
        + prompt_tokens * usd_per_million_prompt / 1_000_000
        + completion_tokens * usd_per_million_completion / 1_000_000,
        6,
    )
