"""Summarizes one part of a document, small enough for one model call."""

from __future__ import annotations

import azure.durable_functions as df

from activities.registration import perform
from docflow.clients import Clients
from docflow.contracts import Activity
from docflow.llm.calls import Question, StoredSummary, ask, summary_name
from docflow.llm.prompts import load_prompt
from docflow.models.outputs import SummaryAnswer
from docflow.models.summaries import ModelStep, PartRequest
from docflow.ports import ModelBlocked
from docflow.work.folder import WorkFolder

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="payload")
def summarize_part(payload: dict) -> dict:
    """Activity: see `summarize`."""
    return perform(Activity.SUMMARIZE_PART, payload, PartRequest, summarize)


def summarize(request: PartRequest, clients: Clients) -> ModelStep:
    """Ask for a summary of some pages and store it.

    The question holds nothing but the text: a copy of a file, under whatever name, asks the same.
    Running it twice is safe and costs nothing: a part that was summarized before is not asked for
    again.
    """
    work = WorkFolder(clients.store, request.document_id)
    name = summary_name(0, request.number)
    if work.read(name, StoredSummary) is not None:
        return ModelStep()

    pages = work.read_transcript(request.pages)
    data = {
        "task": "summarize_document" if request.whole else "summarize_part",
        "document": {
            "pages": [
                {"page": page.number, "text": page.text[: request.part_characters]}
                for page in pages
            ],
        },
    }
    question = Question(
        f"1-summarize-{request.number:04d}",
        load_prompt("summarize"),
        data,
        clients.settings.summary_max_tokens,
    )
    answer = ask(clients, work, question, SummaryAnswer)
    if isinstance(answer, ModelBlocked):
        return ModelStep(blocked_code=answer.code, blocked_message=answer.message)
    work.write(name, StoredSummary(answer=answer))
    return ModelStep()
