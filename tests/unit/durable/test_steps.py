from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import azure.durable_functions as df
import pytest

from docflow.contracts import Activity, Orchestrator
from docflow.durable.steps import (
    Context,
    Deferral,
    Refusal,
    Reply,
    Steps,
    gather_children,
    run,
    run_all,
    run_child,
    start_children,
)
from docflow.errors import StepFailed
from docflow.models.checks import ChecksRequest
from docflow.models.documents import RetryPolicy
from docflow.models.pages import PageRangeRead, PageRead, PageRequest
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


BUSY = Reply(deferred=Deferral(code="BUSY", message="Busy.")).dump()


REFUSED = Reply(refused=Refusal(code="NO", message="No.")).dump()


def one_page(context: Context) -> Steps[str]:
    try:
        page = yield from run(
            context,
            Activity.OCR_PAGE,
            PageRequest(document_id="doc", page=1),
            PageRead,
            retry=RETRY,
        )
    except StepFailed as failure:
        return f"{failure.step} {failure.code} {failure.message}"
    return f"read {page.page}"


def three_pages(context: Context) -> Steps[list[str]]:
    pages = [PageRequest(document_id="doc", page=number) for number in (1, 2, 3)]
    results = yield from run_all(context, Activity.OCR_PAGE, pages, PageRead, retry=RETRY)
    return [r.code if isinstance(r, StepFailed) else str(r.page) for r in results]


def test_a_step_gives_its_result() -> None:
    assert played(one_page, story().completed("ocr_page", value(1))).output == "read 1"


def test_a_refused_step_is_not_tried_again() -> None:
    answer = played(one_page, story().completed("ocr_page", REFUSED))

    assert answer.output == "ocr_page NO No."
    assert answer.names() == ["activity:ocr_page"]


def test_a_deferred_step_is_tried_as_often_as_allowed() -> None:
    history = story()
    for _ in range(2):
        history.completed("ocr_page", BUSY)
        pause_over(history)
    history.completed("ocr_page", BUSY)

    answer = played(one_page, history)

    assert answer.output == "ocr_page BUSY Busy."
    assert answer.names() == [
        "activity:ocr_page",
        "timer",
        "activity:ocr_page",
        "timer",
        "activity:ocr_page",
    ]


def test_a_crashed_step_is_tried_again_and_its_error_is_not_passed_on() -> None:
    history = story().failed("ocr_page", "ValueError: the patient has")
    pause_over(history)
    history.failed("ocr_page", "ValueError: the patient has")
    pause_over(history)
    history.failed("ocr_page", "ValueError: the patient has")

    assert played(one_page, history).output == "ocr_page STEP_FAILED The step ended abnormally."


def test_an_answer_that_says_nothing_counts_as_a_failed_try() -> None:
    assert played(one_page, story().completed("ocr_page", {})).names()[-1] == "timer"


def test_an_answer_with_fields_of_a_newer_release_is_understood() -> None:
    reply = {"value": {"page": 1, "colour": "red"}, "spent": 3}

    assert played(one_page, story().completed("ocr_page", reply)).output == "read 1"


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0]])
def test_results_come_in_the_order_of_the_payloads(order: list[int]) -> None:
    history = story().all_completed("ocr_page", [value(1), REFUSED, value(3)], order=order)

    assert played(three_pages, history).output == ["1", "NO", "3"]


def test_a_failed_sibling_first_hides_no_result_that_comes_later() -> None:
    history = story()
    history.all_completed("ocr_page", [REFUSED, value(2), value(3)], order=[0])
    assert not played(three_pages, history).done


def test_nothing_to_do_is_done_at_once() -> None:
    def nothing(context: Context) -> Steps[int]:
        results = yield from run_all(context, Activity.OCR_PAGE, [], PageRead, retry=RETRY)
        return len(results)

    answer = played(nothing, story())

    assert (answer.done, answer.output, answer.scheduled) == (True, 0, [])


def two_ranges(context: Context) -> Steps[list[int] | str]:
    seen: list[int] = []

    def note(ended: list[PageRangeRead]) -> None:
        seen.append(len(ended))
        context.set_custom_status(len(ended))

    refs = [ChecksRequest(document_id="doc")] * 2
    children = start_children(context, Orchestrator.READ_PAGES, refs)
    try:
        reads = yield from gather_children(context, children, PageRangeRead, note)
    except StepFailed as failure:
        return failure.code
    return [read.read for read in reads]


def test_children_start_together_and_their_results_keep_their_order() -> None:
    history = story()
    assert played(two_ranges, history).names() == ["child:read_pages"] * 2

    results = [PageRangeRead(read=number).dump() for number in (7, 8)]
    history.child_completed("read_pages", *results)

    assert played(two_ranges, history).output == [7, 8]


def one_child(context: Context) -> Steps[int | str]:
    ref = ChecksRequest(document_id="doc")
    try:
        result = yield from run_child(context, Orchestrator.READ_PAGES, ref, PageRangeRead)
    except StepFailed as failure:
        return failure.code
    return result.read


def test_a_child_gives_its_result_or_fails_the_step() -> None:
    good = story().child_completed("read_pages", PageRangeRead(read=4).dump())
    bad = story().child_failed("read_pages")

    assert played(one_child, good).output == 4
    assert played(one_child, bad).output == "STEP_FAILED"
