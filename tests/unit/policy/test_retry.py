from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from docflow.models.documents import RetryPolicy
from docflow.policy.retry import pause_before_retry


@given(st.integers(min_value=1, max_value=30), st.text(max_size=20))
def test_pauses_stay_between_half_and_all_of_the_ceiling(tries: int, seed: str) -> None:
    retry = RetryPolicy(first_seconds=2, max_seconds=60)

    pause = pause_before_retry(retry, tries, seed).total_seconds()

    ceiling = min(60, 2 * 2 ** (tries - 1))
    assert ceiling / 2 <= pause <= ceiling


def test_a_replay_waits_equally_long_and_other_steps_wait_otherwise() -> None:
    retry = RetryPolicy()

    pauses = [pause_before_retry(retry, 2, seed) for seed in ("a", "a", "b")]

    assert pauses[0] == pauses[1] != pauses[2]


def test_a_service_that_asks_for_more_time_gets_it() -> None:
    pause = pause_before_retry(RetryPolicy(), 1, "x", asked_seconds=90)

    assert pause == timedelta(seconds=90)


def test_a_service_that_asks_for_days_gets_an_hour() -> None:
    pause = pause_before_retry(RetryPolicy(), 1, "x", asked_seconds=999_999_999)

    assert pause == timedelta(hours=1)
