from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import azure.functions as func
import pytest

from docflow.clients import Clients
from docflow.models.index import IndexEntry
from docflow.models.states import Status, UrgencyLevel
from testkit.fakes import START, FixedClock, InMemoryIndex
from triggers import stats

Request = Callable[..., func.HttpRequest]
Call = Callable[..., Any]
MakeEntry = Callable[..., IndexEntry]


def test_figures_cover_the_window(
    call: Call,
    request_to: Request,
    clients: Clients,
    index: InMemoryIndex,
    clock: FixedClock,
    entry: MakeEntry,
) -> None:
    clock.advance(hours=2)
    index.put(entry("9" * 32, received_at=START - timedelta(days=1)))
    for n in range(1, 21):
        index.put(
            entry(
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
        )
    index.put(
        entry(
            "a" * 32,
            status=Status.REJECTED,
            urgency=UrgencyLevel.URGENT,
            updated_at=START + timedelta(hours=1),
            review_reasons=["urgent"],
        )
    )
    index.put(entry("b" * 32))

    assert call(stats.figures, request_to("stats"), clients=clients).json == {
        "since": "2026-01-04T11:00:00+00:00",
        "until": "2026-01-05T11:00:00+00:00",
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
def test_the_window_is_chosen(
    call: Call,
    request_to: Request,
    clients: Clients,
    index: InMemoryIndex,
    clock: FixedClock,
    entry: MakeEntry,
    window: str,
    found: int,
) -> None:
    index.put(entry())
    clock.advance(hours=1)
    answer = call(stats.figures, request_to("stats", window=window), clients=clients).json
    assert answer["documents"] == found


def test_nothing_took_no_time(call: Call, request_to: Request, clients: Clients) -> None:
    answer = call(stats.figures, request_to("stats"), clients=clients).json
    assert answer["secondsToEnd"] == {"p50": None, "p95": None}


@pytest.mark.parametrize("window", ["24", "h", "0h", "-1h", "1w", "1h "])
def test_a_wrong_window_is_named(
    call: Call, request_to: Request, clients: Clients, window: str
) -> None:
    answer = call(stats.figures, request_to("stats", window=window), clients=clients)
    assert answer.problem[:2] == (400, "BAD_REQUEST")
    assert answer.problem[2].startswith("window: ")
