from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from docflow.contracts import Orchestrator
from docflow.durable.steps import Reply, StepDeferral, StepRefusal
from docflow.models.documents import RetryPolicy
from docflow.models.pages import PageFailure, PageRangeRead, PageRangeRequest, PageRead
from testkit.functions import orchestrator
from testkit.history import History, Replayed, replay

HANDLE = orchestrator(Orchestrator.READ_PAGES)
REJECTION = PageFailure(page=4, code="OCR_PAGE_REJECTED", message="Not an image.")


def read(page: int) -> dict[str, Any]:
    return Reply(value=PageRead(page=page).dump()).dump()


def rejected(failure: PageFailure) -> dict[str, Any]:
    return Reply(value=PageRead(page=failure.page, failure=failure).dump()).dump()


def busy(retry_after_seconds: float | None = None) -> dict[str, Any]:
    deferral = StepDeferral(
        code="OCR_UNAVAILABLE", message="Busy.", retry_after_seconds=retry_after_seconds
    )
    return Reply(deferred=deferral).dump()


class Story(History):
    """The history of one range of pages."""

    def __init__(self, pages: str, attempts: int = 2) -> None:
        retry = RetryPolicy(attempts=attempts, first_seconds=4, max_seconds=60)
        super().__init__(
            "read_pages", PageRangeRequest(document_id="doc", pages=pages, retry=retry)
        )

    def sent(self, *replies: dict[str, Any], order: list[int] | None = None) -> Story:
        self.all_completed("ocr_page", list(replies), order=order)
        return self

    def pause_over(self) -> None:
        pause = timedelta(seconds=4)
        self.timer_fired(self.timer_created(pause), pause)

    def answer(self) -> Replayed:
        return replay(HANDLE, self)

    def pages_sent(self) -> list[int]:
        return [a.input["page"] for a in self.answer().scheduled if a.name == "ocr_page"]

    def result(self) -> PageRangeRead:
        answer = self.answer()
        assert answer.done
        return PageRangeRead.load(answer.output)

    def pause(self) -> timedelta:
        timer = self.answer().scheduled[-1]
        assert timer.fire_at is not None
        return datetime.fromisoformat(timer.fire_at).replace(tzinfo=self.now.tzinfo) - self.now


def test_all_pages_of_the_range_are_sent_at_once() -> None:
    story = Story("3-5,9")

    assert story.pages_sent() == [3, 4, 5, 9]
    assert not story.answer().done


def test_a_range_ends_when_its_last_page_is_there_in_whatever_order() -> None:
    story = Story("3-5").sent(read(3), read(4), read(5), order=[2, 0, 1])

    assert story.result() == PageRangeRead(read=3)


def test_a_rejected_page_is_a_result_beside_the_others() -> None:
    story = Story("3-5").sent(read(3), rejected(REJECTION), read(5))

    assert story.result() == PageRangeRead(read=2, failures=[REJECTION])


def test_failures_stand_in_page_order_whatever_came_first() -> None:
    fifth = REJECTION.model_copy(update={"page": 5})
    story = Story("3-5").sent(read(3), rejected(REJECTION), rejected(fifth), order=[2, 1, 0])

    assert [failure.page for failure in story.result().failures] == [4, 5]


def test_only_pages_that_were_deferred_are_sent_again_after_one_pause() -> None:
    story = Story("3-6").sent(read(3), busy(), read(5), busy())
    assert story.answer().names()[-1] == "timer"
    assert story.pages_sent() == [3, 4, 5, 6]

    story.pause_over()
    assert story.pages_sent() == [3, 4, 5, 6, 4, 6]

    story.sent(read(4), read(6))
    assert story.result() == PageRangeRead(read=4)


def test_the_pause_is_the_longest_that_any_page_asks_for() -> None:
    story = Story("3-5").sent(busy(retry_after_seconds=20), read(4), busy(retry_after_seconds=90))

    assert story.pause() == timedelta(seconds=90)


def test_without_a_wish_the_pause_is_that_of_the_retries() -> None:
    story = Story("3").sent(busy())

    assert timedelta(seconds=2) <= story.pause() <= timedelta(seconds=4)


def test_a_page_whose_tries_are_used_up_is_a_failure_beside_the_others() -> None:
    story = Story("3-4").sent(read(3), busy())
    story.pause_over()
    story.sent(busy())

    failure = PageFailure(page=4, code="OCR_UNAVAILABLE", message="Busy.")
    assert story.result() == PageRangeRead(read=1, failures=[failure])


def test_a_service_that_refuses_every_page_is_not_asked_again() -> None:
    refusal = StepRefusal(code="OCR_UNAUTHORIZED", message="Grant the role.")
    story = Story("3-4", attempts=5).sent(*[Reply(refused=refusal).dump()] * 2)

    result = story.result()

    assert result.read == 0
    assert {failure.code for failure in result.failures} == {"OCR_UNAUTHORIZED"}


def test_a_page_that_crashes_its_worker_is_tried_again_and_hides_no_other() -> None:
    story = Story("3")
    story.failed("ocr_page", "MemoryError: ")
    story.pause_over()
    story.failed("ocr_page", "MemoryError: ")

    (failure,) = story.result().failures
    assert (failure.page, failure.code) == (3, "STEP_FAILED")
    assert "MemoryError" not in failure.message


def test_a_large_range_is_read_as_smaller_ones_and_their_results_are_joined() -> None:
    story = Story("1-25")
    assert [a.input["pages"] for a in story.answer().scheduled] == ["1-10", "11-20", "21-25"]

    story.child_completed(
        "read_pages",
        PageRangeRead(read=9, failures=[REJECTION]).dump(),
        PageRangeRead(read=10).dump(),
        PageRangeRead(read=5).dump(),
    )

    assert story.result() == PageRangeRead(read=24, failures=[REJECTION])


def test_two_thousand_pages_start_at_most_twenty_branches() -> None:
    starting = Story("1-2000").answer().scheduled

    assert [action.input["pages"] for action in starting][:2] == ["1-200", "201-400"]
    assert len(starting) == 10
