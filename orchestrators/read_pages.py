"""Sends a range of pages to OCR: a small one all at once, a larger one as ranges side by side.

Ranges keep histories bounded: completions of a fan-out arrive one by one and each replays its
instance, so one fan-out over all pages would cost the square of their number.
"""

from __future__ import annotations

from typing import Any

import azure.durable_functions as df

from docflow.contracts import Activity, Orchestrator
from docflow.durable.steps import Context, Steps, gather_children, run_all, start_children
from docflow.errors import StepFailed
from docflow.models.pages import PageFailure, PageRangeRead, PageRangeRequest, PageRead, PageRequest
from docflow.policy.page_sets import branch_pages, parse_pages

blueprint = df.Blueprint()


@blueprint.orchestration_trigger(context_name="context")
def read_pages(context: Context) -> Steps[dict[str, Any]]:
    """Read the pages of a range; a page that cannot be read is a result, not a failure."""
    request = PageRangeRequest.load(context.get_input(expected_type=dict))
    numbers = parse_pages(request.pages)
    if len(numbers) > request.pages_per_range:
        read = yield from _read_branches(context, request)
    else:
        read = yield from _read_side_by_side(context, request, numbers)
    return read.dump()


def _read_branches(context: Context, request: PageRangeRequest) -> Steps[PageRangeRead]:
    """Let other instances of this orchestration read parts of the range."""
    parts = [
        request.model_copy(update={"pages": pages})
        for pages in branch_pages(request.pages, request.pages_per_range)
    ]
    children = start_children(context, Orchestrator.READ_PAGES, parts)
    reads = yield from gather_children(context, children, PageRangeRead, lambda _: None)
    return PageRangeRead(
        read=sum(read.read for read in reads),
        failures=[failure for read in reads for failure in read.failures],
    )


def _read_side_by_side(
    context: Context, request: PageRangeRequest, numbers: list[int]
) -> Steps[PageRangeRead]:
    """Read each page by an activity of its own."""
    results = yield from run_all(
        context,
        Activity.OCR_PAGE,
        [PageRequest(document_id=request.document_id, page=number) for number in numbers],
        PageRead,
        retry=request.retry,
    )
    failures = [
        failure
        for number, result in zip(numbers, results, strict=True)
        if (failure := _failure_of(number, result)) is not None
    ]
    return PageRangeRead(read=len(numbers) - len(failures), failures=failures)


def _failure_of(number: int, result: PageRead | StepFailed) -> PageFailure | None:
    if isinstance(result, StepFailed):
        return PageFailure(page=number, code=result.code, message=result.message)
    return result.failure
