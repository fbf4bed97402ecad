"""Summarize a document of any length: its parts in parallel, then combined level by level."""

from __future__ import annotations

from collections.abc import Sequence

from docflow.contracts import Activity
from docflow.durable.steps import Context, Steps, run_all
from docflow.errors import StepFailed
from docflow.models.summaries import CombineRequest, ModelStep, PartRequest, SummaryRequest
from orchestrators import orchestrator

SUMMARIES_PER_CALL = 12
"""Most summaries combined by one call: together they are much shorter than the longest prompt."""


@orchestrator
def summarize_document(context: Context, request: SummaryRequest) -> Steps[ModelStep]:
    """Summarize all parts in parallel, then combine their summaries until one is left.

    If the model refuses one part, the result is this refusal, because a reader could not see that
    a summary leaves out a part.
    """
    parts = [
        PartRequest(
            document_id=request.document_id,
            number=number,
            pages=pages,
            whole=len(request.parts) == 1,
            part_characters=request.part_characters,
        )
        for number, pages in enumerate(request.parts, start=1)
    ]

    replies = yield from run_all(
        context, Activity.SUMMARIZE_PART, parts, ModelStep, retry=request.retry
    )

    level, count = 0, len(parts)
    while (declined := _declined(replies)) is None:
        if count == 0 or (level > 0 and count == 1):
            return ModelStep()
        joins = _joins(request.document_id, level, count)
        replies = yield from run_all(
            context, Activity.COMBINE_SUMMARIES, joins, ModelStep, retry=request.retry
        )
        level, count = level + 1, len(joins)
    return declined


def _joins(document_id: str, level: int, count: int) -> list[CombineRequest]:
    groups = groups_of(count, SUMMARIES_PER_CALL)
    return [
        CombineRequest(
            document_id=document_id,
            level=level,
            first=first,
            last=last,
            number=number,
            final=len(groups) == 1,
        )
        for number, (first, last) in enumerate(groups, start=1)
    ]


def _declined(replies: Sequence[ModelStep | StepFailed]) -> ModelStep | None:
    for reply in replies:
        if isinstance(reply, StepFailed):
            return ModelStep(blocked_code=reply.code, blocked_message=reply.message)
        if reply.blocked_code is not None:
            return reply
    return None


def groups_of(count: int, size: int) -> list[tuple[int, int]]:
    """Return groups of at most `size` of the numbers 1 to `count`, as pairs (first, last)."""
    return [(start, min(start + size - 1, count)) for start in range(1, count + 1, size)]
