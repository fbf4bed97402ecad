"""The pace of questions about an analysis: few of them, and the answer is not late."""

from __future__ import annotations

import random
from itertools import islice

import pytest

from docflow.adapters.azure.ocr_polling import LONGEST_SECONDS, SHORTEST_SECONDS, PollingPace

ANALYSES_A_SECOND = 15
QUESTIONS_A_SECOND = 50
"""The standard tier's default limits."""


def ask(pace: PollingPace, duration: float) -> tuple[int, float]:
    """Follow one analysis; gives the questions that it took, and how late its end was noticed."""
    waited = 0.0
    for questions, wait in enumerate(pace.waits(), start=1):
        waited += wait
        if waited >= duration:
            pace.learn(waited, questions)
            return questions, waited - duration
    raise AssertionError("the waits ended")


@pytest.mark.parametrize("typical", [0.3, 1.0, 3.0])
@pytest.mark.parametrize("spread", [0.0, 0.2, 0.4])
def test_questions_stay_within_the_quota_and_answers_come_soon(
    typical: float, spread: float
) -> None:
    draw = random.Random(7)
    pace = PollingPace()
    durations = [typical * draw.lognormvariate(0, spread) for _ in range(600)]
    asked = [ask(pace, duration) for duration in durations][100:]

    questions = sum(count for count, _ in asked) / len(asked)
    late = sum(seconds for _, seconds in asked) / sum(durations[100:])
    assert questions <= QUESTIONS_A_SECOND / ANALYSES_A_SECOND
    assert late <= 0.26


def test_quick_answers_are_asked_for_once_and_soon() -> None:
    pace = PollingPace()
    for _ in range(100):
        ask(pace, 0.001)

    questions, late = ask(pace, 0.001)
    assert questions == 1
    assert late < SHORTEST_SECONDS


def test_a_spell_of_slow_answers_is_forgotten() -> None:
    pace = PollingPace()
    for _ in range(20):
        ask(pace, 60)
    assert pace.first_wait == LONGEST_SECONDS

    for _ in range(40):
        ask(pace, 0.04)
    assert pace.first_wait <= 0.06


def test_waits_grow_but_never_beyond_the_longest() -> None:
    waits = list(islice(PollingPace(first=1.0).waits(), 20))

    assert waits[:4] == pytest.approx([1.0, 0.25, 0.375, 0.5625])
    assert waits[1:] == sorted(waits[1:])
    assert waits[-1] == LONGEST_SECONDS
