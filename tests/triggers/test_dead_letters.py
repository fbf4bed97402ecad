from __future__ import annotations

import pytest

from docflow.contracts import UNDELIVERED_CONTAINER
from docflow.errors import ErrorCode, TransientError
from testkit.app import InMemoryApp
from testkit.fakes import START, failing
from triggers import dead_letters

NOWHERE = {"count": 0, "more": False, "newest": None}


def undelivered(app: InMemoryApp, count: int) -> None:
    for number in range(count):
        app.holds(UNDELIVERED_CONTAINER, f"topic/uploads/{number}.json", b"[]")


@pytest.mark.parametrize("route", ["health", "stats"])
def test_events_that_were_not_delivered_are_counted(app: InMemoryApp, route: str) -> None:
    assert app.get(route).json["deadLetters"] == NOWHERE
    undelivered(app, 3)
    app.clock.advance(seconds=30)

    answer = app.get(route)

    assert answer.status == 200
    counted = {"count": 3, "more": False, "newest": START.isoformat()}
    assert answer.json["deadLetters"] == counted


def test_no_more_than_one_page_is_counted(
    app: InMemoryApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_letters, "MOST_COUNTED", 2)
    undelivered(app, 3)

    assert app.get("stats").json["deadLetters"] == {
        "count": 2,
        "more": True,
        "newest": START.isoformat(),
    }


@pytest.mark.parametrize("route", ["health", "stats"])
def test_a_storage_that_does_not_answer_keeps_nobody_from_the_rest(
    app: InMemoryApp, route: str
) -> None:
    away = TransientError(ErrorCode.STORAGE_UNAVAILABLE, "away")
    app.use(store=failing(app.store, "list_page", away, forever=True))

    answer = app.get(route)

    assert answer.status == 200
    assert answer.json["deadLetters"] is None
