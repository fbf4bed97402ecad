from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import azure.durable_functions as df
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docflow.contracts import APPROVAL_EVENT, Activity
from docflow.durable.events import NOTHING, EventWait, parse_decision
from docflow.durable.steps import (
    Context,
    Reply,
    Steps,
    run,
    utc_now,
)
from docflow.models.checks import ChecksRequest
from docflow.models.documents import RetryPolicy
from docflow.models.pages import PageRead, PageRequest
from docflow.models.reviews import ApprovalDecision
from testkit.history import History, Replayed, replay

RETRY = RetryPolicy(attempts=3, first_seconds=1, max_seconds=8)


SECOND = timedelta(seconds=1)


def value(page: int) -> dict[str, Any]:
    return Reply(value=PageRead(page=page).dump()).dump()


def played(body: Callable[[Context], Steps[Any]], history: History) -> Replayed:
    return replay(df.Orchestrator.create(body), history)


def story() -> History:
    return History("test", ChecksRequest(document_id="doc"))


def pause_over(history: History) -> None:
    history.timer_fired(history.timer_created(SECOND), SECOND)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def listening(context: Context) -> Steps[str]:
    wait = EventWait(context, APPROVAL_EVENT)
    for _ in range(3):
        event = yield from wait.until(utc_now(context) + SECOND)
        if event is not NOTHING:
            return f"got {event}"
    return "nothing"


def test_an_event_ends_the_wait_and_cancels_its_timer() -> None:
    history = story()
    history.timer_created(SECOND)
    history.raised(APPROVAL_EVENT, "now")

    answer = played(listening, history)

    assert answer.output == "got now"
    assert [a.cancelled for a in answer.scheduled if a.kind == "timer"] == [True]


def test_one_wait_is_carried_over_all_rounds() -> None:
    history = story()
    pause_over(history)
    pause_over(history)
    history.timer_created(SECOND)
    history.raised(APPROVAL_EVENT, "late")

    answer = played(listening, history)

    assert answer.output == "got late"
    assert answer.names().count("event:ApprovalDecision") == 1
    assert answer.names().count("timer") == 3


def test_no_event_in_time_is_nothing() -> None:
    history = story()
    for _ in range(3):
        pause_over(history)

    assert played(listening, history).output == "nothing"


def heard_twice(context: Context) -> Steps[list[str]]:
    wait = EventWait(context, APPROVAL_EVENT)
    ref = PageRequest(document_id="doc", page=1)
    yield from run(context, Activity.OCR_PAGE, ref, PageRead, retry=RETRY)
    heard = []
    for _ in range(2):
        event = yield from wait.until(utc_now(context) + SECOND)
        heard.append("nothing" if event is NOTHING else str(event))
    return heard


def test_an_event_that_came_before_the_wait_is_given_once() -> None:
    history = story()
    with pytest.warns(UserWarning, match=APPROVAL_EVENT):
        history.raised(APPROVAL_EVENT, "early")
        history.completed("ocr_page", value(1))
        assert not played(heard_twice, history).done

        history.timer_created(SECOND)
        pause_over(history)

        assert played(heard_twice, history).output == ["early", "nothing"]


def test_events_that_came_before_the_wait_are_given_in_order() -> None:
    history = story()
    with pytest.warns(UserWarning, match=APPROVAL_EVENT):
        history.raised(APPROVAL_EVENT, "first")
        history.raised(APPROVAL_EVENT, "second")
        history.raised(APPROVAL_EVENT, "third")
        history.completed("ocr_page", value(1))

        answer = played(heard_twice, history)

    assert answer.output == ["first", "second"]
    assert [a.cancelled for a in answer.scheduled if a.kind == "timer"] == [True, True]


def test_an_event_of_another_name_is_not_heard() -> None:
    history = story()
    history.timer_created(SECOND)
    history.raised("SomethingElse", "now")

    with pytest.warns(UserWarning, match="SomethingElse"):
        assert not played(listening, history).done


@pytest.mark.parametrize(
    "body",
    [
        {"approved": True, "reviewer": "r", "summary": ["One."], "urgency": "normal"},
        json.dumps({"approved": True, "reviewer": "r", "summary": ["One."], "urgency": "normal"}),
    ],
)
def test_a_decision_is_read_as_an_object_and_as_text(body: object) -> None:
    decision = parse_decision(body)

    assert isinstance(decision, ApprovalDecision)
    assert (decision.approved, decision.reviewer, decision.summary) == (True, "r", ["One."])


@given(json_values)
def test_no_body_whatever_breaks_the_reading_of_decisions(body: object) -> None:
    decision = parse_decision(body)

    assert decision == "invalid" or isinstance(body, dict | str)


@pytest.mark.parametrize("approved", ["true", 1, 0, None, [], {}])
def test_only_true_and_false_decide(approved: object) -> None:
    assert parse_decision({"approved": approved}) == "invalid"


@pytest.mark.parametrize(
    "extra",
    [
        {"reviewer": "r" * 201},
        {"comment": "c" * 4_001},
        {"summary": []},
        {"summary": ["x"] * 11},
        {"summary": [""]},
        {"summary": ["x" * 1_001]},
        {"urgency": "Urgent"},
        {"score": 1},
    ],
)
def test_a_decision_beyond_its_bounds_is_none(extra: dict[str, object]) -> None:
    assert parse_decision({"approved": True, **extra}) == "invalid"
