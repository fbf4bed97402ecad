"""Send a range of pages to OCR: a small range page by page, a larger one split into ranges.

Ranges keep histories small. The completions of a fan-out arrive one by one, and each replays the
whole history, so the cost of one fan-out over all pages would grow with the square of their number.
"""

from __future__ import annotations

from docflow.contracts import Activity, Orchestrator
from docflow.durable.steps import Context, Steps, gather_children, run_all, start_children
from docflow.errors import StepFailed
from docflow.models.pages import PageFailure, PageRangeRead, PageRangeRequest, PageRead, PageRequest
from docflow.policy.page_sets import branch_pages, parse_pages
from orchestrators import orchestrator


@orchestrator
def read_pages(context: Context, request: PageRangeRequest) -> Steps[PageRangeRead]:
    """Read the pages of a range with OCR; a page that cannot be read is a result, not an error."""
    numbers = parse_pages(request.pages)
    if len(numbers) > request.pages_per_range:
        return (yield from _read_branches(context, request))
    return (yield from _read_side_by_side(context, request, numbers))


def _read_branches(context: Context, request: PageRangeRequest) -> Steps[PageRangeRead]:
    """Read parts of the range in sub-orchestrations of the same kind."""
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
    """Read each page with one activity, all in parallel."""
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
