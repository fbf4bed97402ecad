"""Joins the summaries of consecutive parts into one."""

from __future__ import annotations

import azure.durable_functions as df

from activities.registration import perform
from docflow.clients import Clients
from docflow.contracts import Activity
from docflow.llm.calls import DOCUMENT_SUMMARY, Question, StoredSummary, ask, summary_name
from docflow.llm.prompts import load_prompt
from docflow.models.outputs import SummaryAnswer
from docflow.models.summaries import CombineRequest, ModelStep
from docflow.ports import ModelBlocked
from docflow.work.folder import WorkFolder

blueprint = df.Blueprint()

MOST_BULLETS = 4
MOST_ENTITIES = 20
MOST_ACTIONS = 10


@blueprint.activity_trigger(input_name="payload")
def combine_summaries(payload: dict) -> dict:
    """Activity: see `combine`."""
    return perform(Activity.COMBINE_SUMMARIES, payload, CombineRequest, combine)


def combine(request: CombineRequest, clients: Clients) -> ModelStep:
    """Join the summaries `first` to `last` of a level; a single one needs no model call.

    Running it twice is safe and costs nothing: a join that was made before is not asked for again.
    """
    work = WorkFolder(clients.store, request.document_id)
    name = DOCUMENT_SUMMARY if request.final else summary_name(request.level + 1, request.number)
    if work.read(name, StoredSummary) is not None:
        return ModelStep()

    parts = [
        work.require(summary_name(request.level, number), StoredSummary)
        for number in range(request.first, request.last + 1)
    ]
    answer = parts[0].answer if len(parts) == 1 else _join(request, parts, work, clients)
    if isinstance(answer, ModelBlocked):
        return ModelStep(blocked_code=answer.code, blocked_message=answer.message)
    work.write(name, StoredSummary(answer=_within_limits(answer)))
    return ModelStep()


def _join(
    request: CombineRequest, parts: list[StoredSummary], work: WorkFolder, clients: Clients
) -> SummaryAnswer | ModelBlocked:
    question = Question(
        f"2-combine-{request.level}-{request.number:04d}",
        load_prompt("combine"),
        {"task": "combine_summaries", "parts": [_without_reply(part) for part in parts]},
        clients.settings.summary_max_tokens,
    )
    return ask(clients, work, question, SummaryAnswer)


def _without_reply(part: StoredSummary) -> dict[str, object]:
    return part.answer.model_dump(mode="json", by_alias=True, exclude={"draft_reply"})


def _within_limits(answer: SummaryAnswer) -> SummaryAnswer:
    """Cut what is more than was asked for: strict structured outputs know no lengths."""
    return answer.model_copy(
        update={
            "bullets": answer.bullets[:MOST_BULLETS],
            "entities": answer.entities[:MOST_ENTITIES],
            "actions": answer.actions[:MOST_ACTIONS],
        }
    )
