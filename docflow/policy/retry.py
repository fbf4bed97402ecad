"""How long to wait before a step is tried again."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from docflow.models.documents import RetryPolicy

LONGEST_ASKED_SECONDS = 3_600
"""Longest pause that a service can ask for (`Retry-After`)."""

LONG_OUTAGE_RETRY = RetryPolicy(attempts=60, first_seconds=2, max_seconds=900)
"""For steps that must not fail, a decision or a record: retries for more than half a day."""


def pause_before_retry(
    policy: RetryPolicy, tries: int, seed: str, *, asked_seconds: float | None = None
) -> timedelta:
    """Return the pause before the next try: exponential backoff with jitter.

    The pause doubles with each try up to `max_seconds`; the jitter takes 50 to 100 % of it.

    Args:
        policy: the shortest and the longest pause.
        tries: number of failed tries so far, at least 1.
        seed: the jitter is derived from this text, so that a replay gets the same pause.
        asked_seconds: the pause that the service asked for. A longer pause is granted up to
            `LONGEST_ASKED_SECONDS`, because a request for days is an error of the service.
    """
    ceiling = min(policy.max_seconds, policy.first_seconds * 2 ** (tries - 1))
    digest = hashlib.sha256(f"{seed}:{tries}".encode()).digest()
    jitter = 0.5 + int.from_bytes(digest[:4]) / 2**33
    asked = min(asked_seconds or 0, LONGEST_ASKED_SECONDS)
    return timedelta(seconds=max(ceiling * jitter, asked))
