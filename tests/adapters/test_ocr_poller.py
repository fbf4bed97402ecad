"""The schedule of requests for the result of an analysis."""

from __future__ import annotations

import random
from itertools import accumulate, islice

import pytest

from docflow.adapters.azure.ocr_poller import (
    GROWTH,
    LONGEST_WAIT_SECONDS,
    SECOND_WAIT_SECONDS,
    default_waits,
)

ANALYSES_A_SECOND = 15
RESULT_REQUESTS_A_SECOND = 50
"""The standard tier's default limits."""


def followed(duration: float) -> tuple[int, float]:
    """Follow one analysis; return the requests it takes, and how late its end is noticed."""
    for requests, waited in enumerate(accumulate(default_waits()), start=1):
        if waited >= duration:
            return requests, waited - duration
    raise AssertionError("the waits ended")


@pytest.mark.parametrize("typical", [0.3, 1.0, 1.4])
@pytest.mark.parametrize("spread", [0.0, 0.2, 0.4])
def test_requests_stay_within_the_quota_and_results_come_soon(
    typical: float, spread: float
) -> None:
    draw = random.Random(7)
    durations = [typical * draw.lognormvariate(0, spread) for _ in range(600)]
    seen = [followed(duration) for duration in durations]

    assert sum(requests for requests, _ in seen) / len(seen) <= (
        RESULT_REQUESTS_A_SECOND / ANALYSES_A_SECOND
    )
    assert all(
        late <= max(SECOND_WAIT_SECONDS, GROWTH * duration)
        for duration, (_, late) in zip(durations, seen, strict=True)
    )


def test_a_result_that_is_ready_takes_one_request_and_no_time() -> None:
    assert followed(0) == (1, 0)


def test_waits_grow_but_never_beyond_the_longest() -> None:
    waits = list(islice(default_waits(), 20))

    assert waits[:4] == pytest.approx([0, 0.7, 1.05, 1.575])
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_WAIT_SECONDS
