"""Combine the summaries of consecutive parts into one."""

from __future__ import annotations

from activities import activity
from docflow.clients import Clients
from docflow.llm.calls import Question, ask
from docflow.llm.prompts import load_prompt
from docflow.models.outputs import StoredSummary, SummaryAnswer
from docflow.models.summaries import CombineRequest, ModelStep
from docflow.policy.answer_values import NO_PAGE, correct_summary
from docflow.ports import ModelBlocked
from docflow.work.artefacts import PART_SUMMARY, SUMMARY
from docflow.work.folder import WorkFolder

MOST_BULLETS = 4
MOST_ENTITIES = 20
MOST_ACTIONS = 10


@activity
def combine_summaries(request: CombineRequest, clients: Clients) -> ModelStep:
    """Combine the summaries `first` to `last` of a level; a single one needs no model call.

    Running it twice is safe and costs nothing: if the result is stored, the model is not called.
    """
    work = WorkFolder(clients.store, request.document_id)
    target = SUMMARY if request.final else PART_SUMMARY
    where = {} if request.final else {"level": request.level + 1, "number": request.number}
    if work.read(target, **where) is not None:
        return ModelStep()

    parts = [
        work.require(PART_SUMMARY, level=request.level, number=number)
        for number in range(request.first, request.last + 1)
    ]
    answer = parts[0].answer if len(parts) == 1 else _join(request, parts, work, clients)
    if isinstance(answer, ModelBlocked):
        return ModelStep(blocked_code=answer.code, blocked_message=answer.message)
    corrected, corrections = correct_summary(_within_limits(answer), _evidence_in(parts))
    for part in parts:
        corrections = corrections.plus(part.corrections)
    work.write(target, StoredSummary(answer=corrected, corrections=corrections), **where)
    return ModelStep()


def _evidence_in(parts: list[StoredSummary]) -> dict[int, str]:
    """Return the pages that the parts rest on, each with what they say is on it."""
    found: dict[int, list[str]] = {}
    for part in parts:
        for bullet in part.answer.bullets:
            found.setdefault(bullet.page, []).append(bullet.quote)
        for entity in part.answer.entities:
            found.setdefault(entity.page, []).append(entity.value)
        for action in part.answer.actions:
            found.setdefault(action.page, []).append(action.text)
    return {page: "\n".join(texts) for page, texts in found.items() if page != NO_PAGE}


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
    """Return the answer with at most the allowed items; its schema cannot limit lengths."""
    return answer.model_copy(
        update={
            "bullets": answer.bullets[:MOST_BULLETS],
            "entities": answer.entities[:MOST_ENTITIES],
            "actions": answer.actions[:MOST_ACTIONS],
        }
    )
