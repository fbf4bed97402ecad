"""Summarizes a document of any length: its parts side by side, then joined level by level."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import azure.durable_functions as df

from docflow.contracts import Activity
from docflow.durable.steps import Context, Steps, run_all
from docflow.errors import StepFailed
from docflow.models.summaries import CombineRequest, ModelStep, PartRequest, SummaryRequest
from docflow.policy.page_sets import combine_groups

blueprint = df.Blueprint()

SUMMARIES_PER_CALL = 12
"""Summaries joined by one call: together they stay well within one prompt."""


@blueprint.orchestration_trigger(context_name="context")
def summarize_document(context: Context) -> Steps[dict[str, Any]]:
    """Summarize all parts at once, then join their summaries until one is left.

    A part that the model declines ends the step with its reason: a summary that leaves something
    out would not say so.
    """
    request = SummaryRequest.load(context.get_input(expected_type=dict))
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
            return ModelStep().dump()
        joins = _joins(request.document_id, level, count)
        replies = yield from run_all(
            context, Activity.COMBINE_SUMMARIES, joins, ModelStep, retry=request.retry
        )
        level, count = level + 1, len(joins)
    return declined.dump()


def _joins(document_id: str, level: int, count: int) -> list[CombineRequest]:
    groups = combine_groups(count, SUMMARIES_PER_CALL)
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
