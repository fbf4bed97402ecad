"""Sends one range of pages to OCR, all at once; a document is read in many such ranges.

Ranges keep histories bounded: completions of a fan-out arrive one by one and each replays its
instance, so one fan-out over all pages would cost the square of their number.
"""

from __future__ import annotations

from typing import Any

import azure.durable_functions as df

from docflow.contracts import Activity
from docflow.durable import Context, Steps, run_all
from docflow.errors import StepFailed
from docflow.models import PageFailure, PageRangeRead, PageRangeRequest, PageRead, PageRequest
from docflow.pages import parse_pages

blueprint = df.Blueprint()


@blueprint.orchestration_trigger(context_name="context")
def read_pages(context: Context) -> Steps[dict[str, Any]]:
    """Read the pages of one range; a page that cannot be read is a result, not a failure."""
    request = PageRangeRequest.load(context.get_input(expected_type=dict))
    numbers = parse_pages(request.pages)

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
    return PageRangeRead(read=len(numbers) - len(failures), failures=failures).dump()


def _failure_of(number: int, result: PageRead | StepFailed) -> PageFailure | None:
    if isinstance(result, StepFailed):
        return PageFailure(page=number, code=result.code, message=result.message)
    return result.failure
