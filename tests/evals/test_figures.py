"""The figures, on documents whose outcomes are known."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from docflow.models.states import UrgencyLevel
from evals.figures import Judged, Share, calibration, detection, facts_found, figures_of
from evals.labelled import LabelledDocument
from evals.outcome import Outcome, Statement, Usage

URGENT, NORMAL = UrgencyLevel.URGENT, UrgencyLevel.NORMAL


def judged(label: UrgencyLevel, score: float, **fields: Any) -> Judged:
    document = LabelledDocument(
        id=f"en-{label}",
        language="en",
        kind="letter",
        label=label,
        received=date(2026, 11, 30),
        deadline=fields.pop("deadline", None),
        tags=("understated",),
        facts=("two keys", "Elm Street"),
        pages=("Bring two keys to Elm Street.",),
    )
    level = URGENT if score >= 0.5 else NORMAL
    known = {"level": level, "score": score, "raised": level is URGENT, **fields}
    return Judged(document, Outcome(**known))


MIXED = [
    judged(URGENT, 0.9),
    judged(URGENT, 0.7),
    judged(URGENT, 0.1),
    judged(NORMAL, 0.8),
    judged(NORMAL, 0.3, raised=True),
    judged(NORMAL, 0.0),
]


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (5, 10, 0.2366, 0.7634),
        (10, 10, 0.7225, 1.0),
        (85, 100, 0.7672, 0.9069),
    ],
)
def test_interval_is_that_of_wilson(hits: int, of: int, low: float, high: float) -> None:
    share = Share(hits=hits, of=of)

    assert [share.low, share.high] == pytest.approx([low, high], abs=1e-4)


def test_ends_of_the_interval_are_where_the_score_test_begins_to_reject() -> None:
    share = Share(hits=7, of=23)

    for end in (share.low, share.high):
        assert end is not None
        distance = (7 / 23 - end) ** 2
        assert distance == pytest.approx(1.959964**2 * end * (1 - end) / 23, rel=1e-2)


def test_share_without_cases_has_no_value() -> None:
    assert Share(hits=0, of=0).model_dump() == {
        "hits": 0, "of": 0, "value": None, "low": None, "high": None,
    }  # fmt: skip


def test_doubt_raises_a_normal_document_without_making_it_urgent() -> None:
    found = detection(MIXED)

    assert (found.accuracy.hits, found.accuracy.of) == (4, 6)
    assert (found.precision.hits, found.precision.of) == (2, 3)
    assert (found.recall.hits, found.recall.of) == (2, 3)
    assert (found.normals_urgent.hits, found.normals_urgent.of) == (1, 3)
    assert (found.normals_raised.hits, found.normals_raised.of) == (2, 3)


def test_document_without_a_level_is_never_right() -> None:
    failed = [judged(URGENT, 0, level=None), judged(NORMAL, 0, level=None)]

    assert detection(failed).accuracy.hits == 0
    assert figures_of(failed).failed == 2


def test_score_is_compared_with_the_truth() -> None:
    found = calibration(MIXED)

    assert found.brier == round((0.01 + 0.09 + 0.81 + 0.64 + 0.09 + 0.0) / 6, 4)
    assert [each.documents for each in found.bins] == [2, 1, 0, 1, 2]
    assert found.bins[-1].mean_score == 0.85
    assert (found.bins[-1].urgent.hits, found.bins[-1].urgent.of) == (1, 2)


def test_budget_takes_the_highest_scores() -> None:
    # 40 % of 6, rounded up: 0.9, 0.8, 0.7.
    assert calibration(MIXED).recall_at_budget == Share(hits=2, of=3)


def test_order_of_equal_scores_decides_nothing() -> None:
    alike = [judged(URGENT, 0.2), judged(URGENT, 0.2), judged(NORMAL, 0.2), judged(NORMAL, 0.2)]

    # Half of the four are seen, so one of the two urgent ones.
    for order in (alike, alike[::-1]):
        assert calibration(order).recall_at_budget == Share(hits=1, of=2)


def test_facts_are_looked_for_in_title_bullets_and_quotes() -> None:
    bullets = (Statement(text="Bring TWO\nkeys.", page=1, quote="", grounded=True),)

    assert facts_found(judged(URGENT, 1, summary=bullets)) == {
        "two keys": True,
        "Elm Street": False,
    }
    found = judged(URGENT, 1, summary=bullets, title="Letter about Elm Street")
    assert facts_found(found) == {"two keys": True, "Elm Street": True}


def test_summaries_deadlines_and_usage_are_counted() -> None:
    due = date(2026, 12, 2)
    quoted = (
        Statement(text="Bring two keys.", grounded=True),
        Statement(text="Bring a cake.", grounded=False),
    )
    found = figures_of(
        [
            judged(
                URGENT, 1, summary=quoted, deadline=due, due=(due,), usage=Usage(calls=2, usd=0.5)
            ),
            judged(URGENT, 1, deadline=due, usage=Usage(calls=1, schema_failures=1)),
        ]
    )

    assert found.summaries is not None
    assert found.summaries.grounded == Share(hits=1, of=2)
    assert found.summaries.facts == Share(hits=1, of=2)
    assert found.deadlines == Share(hits=1, of=2)
    assert found.usage == Usage(calls=3, schema_failures=1, usd=0.5)
    assert list(found.by) == ["language", "kind", "tag"]
    assert found.by["kind"]["letter"].documents == 2
