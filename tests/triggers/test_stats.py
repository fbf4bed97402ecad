from __future__ import annotations

from datetime import timedelta

import pytest

from docflow.models.states import Status, UrgencyLevel
from testkit.app import InMemoryApp
from testkit.fakes import START


def test_figures_cover_the_window(app: InMemoryApp) -> None:
    app.clock.advance(hours=2)
    app.lists("9" * 32, received_at=START - timedelta(days=1))
    for n in range(1, 21):
        app.lists(
            f"{n:032}",
            status=Status.PUBLISHED,
            urgency=UrgencyLevel.NORMAL,
            updated_at=START + timedelta(seconds=n),
            pages=2,
            ocr_pages=1,
            ocr_pages_saved=3,
            cached_calls=2,
            saved_usd=0.0005,
            prompt_tokens=100,
            completion_tokens=10,
            estimated_usd=0.001,
        )
    app.lists(
        "a" * 32,
        status=Status.REJECTED,
        urgency=UrgencyLevel.URGENT,
        updated_at=START + timedelta(hours=1),
        review_reasons=["urgent"],
    )
    app.lists("b" * 32)

    assert app.get("stats").json == {
        "since": "2026-01-04T11:00:00+00:00",
        "until": "2026-01-05T11:00:00+00:00",
        "deadLetters": {"count": 0, "more": False, "newest": None},
        "documents": 22,
        "byStatus": {
            "processing": 1,
            "waiting": 0,
            "published": 20,
            "rejected": 1,
            "expired": 0,
            "quarantined": 0,
            "failed": 0,
        },
        "byUrgency": {"urgent": 1, "normal": 20},
        "reviews": 1,
        "secondsToEnd": {"p50": 11.0, "p95": 20.0},
        "secondsUnattended": {"p50": 10.0, "p95": 19.0},
        "pages": 40,
        "ocrPages": 20,
        "ocrPagesSaved": 60,
        "promptTokens": 2_000,
        "completionTokens": 200,
        "cachedCalls": 40,
        "estimatedUsd": 0.02,
        "savedUsd": 0.01,
    }


@pytest.mark.parametrize(("window", "found"), [("30m", 0), ("2h", 1), ("7d", 1)])
def test_the_window_is_chosen(app: InMemoryApp, window: str, found: int) -> None:
    app.lists()
    app.clock.advance(hours=1)

    assert app.get("stats", window=window).json["documents"] == found


def test_nothing_took_no_time(app: InMemoryApp) -> None:
    assert app.get("stats").json["secondsToEnd"] == {"p50": None, "p95": None}


@pytest.mark.parametrize("window", ["24", "h", "0h", "-1h", "1w", "1h "])
def test_a_wrong_window_is_named(app: InMemoryApp, window: str) -> None:
    answer = app.get("stats", window=window)

    assert answer.problem == (400, "BAD_REQUEST")
    assert answer.detail.startswith("window: ")
