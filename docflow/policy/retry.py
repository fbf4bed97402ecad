"""How long to wait before a step is tried again."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from docflow.models.documents import RetryPolicy

LONGEST_ASKED_SECONDS = 3_600
"""Longest pause that a service gets for the asking (`Retry-After`)."""

PATIENT = RetryPolicy(attempts=60, first_seconds=2, max_seconds=900)
"""For what must not be given up, a decision or a record: it outlasts half a day of an outage."""


def pause_before_retry(
    policy: RetryPolicy, tries: int, seed: str, *, asked_seconds: float | None = None
) -> timedelta:
    """Decide how long to wait after so many failed tries (from 1).

    Exponential backoff with jitter: the pause doubles up to `max_seconds`, and a share between 50
    and 100 % of it is taken, derived from `seed` so that a replay waits equally long. A service
    that asks for more gets more, but at most an hour: who asks for days is mistaken or broken.
    """
    ceiling = min(policy.max_seconds, policy.first_seconds * 2 ** (tries - 1))
    digest = hashlib.sha256(f"{seed}:{tries}".encode()).digest()
    jitter = 0.5 + int.from_bytes(digest[:4]) / 2**33
    asked = min(asked_seconds or 0, LONGEST_ASKED_SECONDS)
    return timedelta(seconds=max(ceiling * jitter, asked))
