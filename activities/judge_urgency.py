"""Judges how urgent a document is: by the model, and by rules of its own."""

from __future__ import annotations

import azure.durable_functions as df

from activities.registration import perform
from docflow.clients import Clients
from docflow.contracts import Activity
from docflow.llm.calls import DOCUMENT_SUMMARY, URGENCY, Question, StoredSummary, StoredUrgency, ask
from docflow.llm.prompts import load_prompt
from docflow.models.outputs import UrgencyAnswer
from docflow.models.pages import PageText
from docflow.models.states import UrgencyLevel
from docflow.models.urgency import UrgencyJudgement, UrgencyRequest
from docflow.policy.urgency import URGENT_SCORE, urgency_signals
from docflow.ports import ModelBlocked
from docflow.telemetry import urgent_total
from docflow.work.folder import WorkFolder

blueprint = df.Blueprint()

OPENING_PAGES = 3
"""Pages that are judged word by word: a letter says early what it wants, a long report is judged
by its summary. It also keeps a stray phrase on page 40 from looking like a demand."""

OPENING_CHARACTERS = 12_000
"""Most characters of those pages in the question."""


@blueprint.activity_trigger(input_name="payload")
def judge_urgency(payload: dict) -> dict:
    """Activity: see `judge`."""
    return perform(Activity.JUDGE_URGENCY, payload, UrgencyRequest, judge)


def judge(request: UrgencyRequest, clients: Clients) -> UrgencyJudgement:
    """Ask the model for level, score and reasons, and name the rules that fire.

    Running it twice is safe and costs nothing: a judgement that was made before stands.
    """
    work = WorkFolder(clients.store, request.document_id)
    opening = [page for page in work.read_transcript() if page.text][:OPENING_PAGES]
    signals = urgency_signals("\n".join(page.text for page in opening))

    stored = work.read(URGENCY, StoredUrgency)
    if stored is None:
        summary = work.require(DOCUMENT_SUMMARY, StoredSummary).answer
        question = Question(
            "3-judge-urgency",
            load_prompt("judge_urgency"),
            {
                "task": "judge_urgency",
                "document": {"pages": _within_budget(opening)},
                "summary": summary.model_dump(
                    mode="json", by_alias=True, include={"title", "bullets", "actions"}
                ),
            },
            clients.settings.urgency_max_tokens,
        )
        answer = ask(clients, work, question, UrgencyAnswer)
        if isinstance(answer, ModelBlocked):
            return UrgencyJudgement(blocked_code=answer.code, blocked_message=answer.message)
        stored = StoredUrgency(answer=answer)
        work.write(URGENCY, stored)
        if _judgement(answer, signals).level is UrgencyLevel.URGENT:
            urgent_total.add(1)
    return _judgement(stored.answer, signals)


def _within_budget(pages: list[PageText]) -> list[dict[str, object]]:
    left = OPENING_CHARACTERS
    excerpt: list[dict[str, object]] = []
    for page in pages:
        excerpt.append({"page": page.number, "text": page.text[:left]})
        left -= len(page.text)
        if left <= 0:
            break
    return excerpt


def _judgement(answer: UrgencyAnswer, signals: list[str]) -> UrgencyJudgement:
    """Bring level and score into agreement: the higher of the two counts, to be safe."""
    score = min(1.0, max(0.0, answer.score))
    urgent = answer.level is UrgencyLevel.URGENT or score >= URGENT_SCORE
    return UrgencyJudgement(
        level=UrgencyLevel.URGENT if urgent else UrgencyLevel.NORMAL,
        score=round(max(score, URGENT_SCORE) if urgent else score, 4),
        signals=signals,
    )
