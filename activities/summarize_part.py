"""Summarize one part of a document with one model call."""

from __future__ import annotations

from activities import activity
from docflow.clients import Clients
from docflow.llm.calls import Question, ask
from docflow.llm.prompts import load_prompt
from docflow.models.outputs import StoredSummary, SummaryAnswer
from docflow.models.summaries import ModelStep, PartRequest
from docflow.policy.answer_values import correct_summary
from docflow.ports import ModelBlocked
from docflow.work.artefacts import PART_SUMMARY, TRANSCRIPT
from docflow.work.folder import WorkFolder


@activity
def summarize_part(request: PartRequest, clients: Clients) -> ModelStep:
    """Ask the model for a summary of the pages of a part, and store it.

    The question contains only the text, so that a copy of a file with another name asks the same
    question and gets the cached answer. Running it twice is safe and costs nothing: if the summary
    is stored, the model is not called.
    """
    work = WorkFolder(clients.store, request.document_id)
    if work.read(PART_SUMMARY, level=0, number=request.number) is not None:
        return ModelStep()

    pages = work.read_pages(TRANSCRIPT, request.pages)
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
    corrected, corrections = correct_summary(answer, {page.number: page.text for page in pages})
    summary = StoredSummary(answer=corrected, corrections=corrections)
    work.write(PART_SUMMARY, summary, level=0, number=request.number)
    return ModelStep()
