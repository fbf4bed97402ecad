from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from docflow.contracts import Orchestrator
from docflow.durable.steps import Reply, StepDeferral, StepRefusal
from docflow.models.documents import RetryPolicy
from docflow.models.summaries import ModelStep, SummaryRequest
from testkit.functions import orchestrator
from testkit.history import History, Replayed, replay

HANDLE = orchestrator(Orchestrator.SUMMARIZE_DOCUMENT)
DONE = Reply(value=ModelStep().dump()).dump()
BLOCKED = ModelStep(blocked_code="CONTENT_FILTERED", blocked_message="The filter said no.")
DECLINED = Reply(value=BLOCKED.dump()).dump()
BUSY = Reply(deferred=StepDeferral(code="MODEL_UNAVAILABLE", message="busy")).dump()


class Story(History):
    """The history of one summary."""

    def __init__(self, *parts: str, attempts: int = 2) -> None:
        request = SummaryRequest(
            document_id="doc",
            parts=list(parts),
            part_characters=1_000,
            retry=RetryPolicy(attempts=attempts, first_seconds=1, max_seconds=8),
        )
        super().__init__("summarize_document", request)

    def summarized(self, *replies: dict[str, Any], order: list[int] | None = None) -> Story:
        self.all_completed("summarize_part", list(replies), order=order)
        return self

    def combined(self, *replies: dict[str, Any]) -> Story:
        self.all_completed("combine_summaries", list(replies))
        return self

    def pause_over(self) -> None:
        pause = timedelta(seconds=1)
        self.timer_fired(self.timer_created(pause), pause)

    def answer(self) -> Replayed:
        return replay(HANDLE, self)


def joins(answer: Replayed) -> list[tuple[int, int, int, int, bool]]:
    fields = ("level", "number", "first", "last", "final")
    inputs = [a.input for a in answer.scheduled if a.name == "combine_summaries"]
    return [tuple(value[field] for field in fields) for value in inputs]


def test_a_short_document_is_one_part_that_becomes_the_summary() -> None:
    story = Story("1-3")

    (part,) = story.answer().scheduled
    assert part.input == {
        "document_id": "doc",
        "number": 1,
        "pages": "1-3",
        "whole": True,
        "part_characters": 1_000,
    }

    story.summarized(DONE).combined(DONE)
    answer = story.answer()
    assert joins(answer) == [(0, 1, 1, 1, True)]
    assert answer.done
    assert answer.output == ModelStep().dump()


def test_parts_are_summarized_side_by_side_and_joined_once() -> None:
    story = Story("1", "2", "3")
    assert story.answer().names() == ["activity:summarize_part"] * 3
    assert [a.input["whole"] for a in story.answer().scheduled] == [False] * 3

    story.summarized(DONE, DONE, DONE, order=[2, 0, 1]).combined(DONE)

    answer = story.answer()
    assert joins(answer) == [(0, 1, 1, 3, True)]
    assert answer.done


def test_nothing_is_joined_before_every_part_is_there() -> None:
    story = Story("1", "2")
    story.all_completed("summarize_part", [DONE, DONE], order=[1])

    answer = story.answer()

    assert not answer.done
    assert joins(answer) == []


def test_thirteen_parts_are_joined_on_two_levels() -> None:
    story = Story(*[str(page) for page in range(1, 14)])
    story.summarized(*[DONE] * 13)
    assert joins(story.answer()) == [(0, 1, 1, 12, False), (0, 2, 13, 13, False)]

    story.combined(DONE, DONE)
    assert joins(story.answer())[2:] == [(1, 1, 1, 2, True)]

    story.combined(DONE)
    assert story.answer().done


def test_a_part_that_the_model_declines_is_the_result_and_nothing_is_joined() -> None:
    story = Story("1", "2", "3").summarized(DONE, DECLINED, DONE)

    answer = story.answer()

    assert answer.done
    assert answer.output == BLOCKED.dump()
    assert joins(answer) == []


@pytest.mark.parametrize("level", [0, 1])
def test_a_join_that_the_model_declines_is_the_result(level: int) -> None:
    story = Story(*[str(page) for page in range(1, 14)]).summarized(*[DONE] * 13)
    if level == 1:
        story.combined(DONE, DONE)
    story.combined(*[DECLINED] + [DONE] * (1 - level))

    assert story.answer().output == BLOCKED.dump()


def test_a_part_that_is_refused_is_the_result_with_its_code() -> None:
    refusal = StepRefusal(code="MODEL_UNAUTHORIZED", message="Grant the role.")
    story = Story("1", "2").summarized(DONE, Reply(refused=refusal).dump())

    assert story.answer().output == {
        "blocked_code": "MODEL_UNAUTHORIZED",
        "blocked_message": "Grant the role.",
    }


def test_only_the_part_that_was_deferred_is_asked_for_again() -> None:
    story = Story("1", "2", "3").summarized(DONE, BUSY, DONE)
    assert story.answer().names()[-1] == "timer"

    story.pause_over()
    assert [a.input["number"] for a in story.answer().scheduled if a.name] == [1, 2, 3, 2]

    story.summarized(DONE).combined(DONE)
    assert story.answer().done


def test_a_part_whose_tries_are_used_up_is_the_result() -> None:
    story = Story("1", "2").summarized(BUSY, DONE)
    story.pause_over()
    story.summarized(BUSY)

    answer = story.answer()

    assert answer.done
    assert answer.output["blocked_code"] == "MODEL_UNAVAILABLE"


def test_a_step_that_ends_abnormally_is_tried_again() -> None:
    story = Story("1")
    story.failed("summarize_part")
    story.pause_over()

    story.summarized(DONE).combined(DONE)

    assert story.answer().done


def test_a_document_without_parts_ends_instead_of_going_on_for_ever() -> None:
    answer = Story().answer()

    assert answer.done
    assert answer.scheduled == []
