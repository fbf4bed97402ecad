"""Judge how urgent a document is, with the model and with rules."""

from __future__ import annotations

from activities import activity
from docflow.clients import Clients
from docflow.llm.calls import Question, ask
from docflow.llm.prompts import load_prompt
from docflow.models.outputs import StoredUrgency, UrgencyAnswer
from docflow.models.pages import PageText
from docflow.models.states import PageMethod, UrgencyLevel
from docflow.models.urgency import UrgencyJudgement, UrgencyRequest
from docflow.policy.answer_values import correct_urgency
from docflow.policy.page_sets import parse_pages
from docflow.policy.urgency import OPENING_PAGES, URGENT_SCORE, urgency_signals
from docflow.ports import ModelBlocked
from docflow.telemetry import urgent_total
from docflow.work.artefacts import SUMMARY, TRANSCRIPT, URGENCY
from docflow.work.folder import WorkFolder

OPENING_CHARACTERS = 12_000
"""Most characters of the first pages in the question to the model."""
MOST_SLIDES = 24
"""Most slides or sheets that are judged together."""


@activity
def judge_urgency(request: UrgencyRequest, clients: Clients) -> UrgencyJudgement:
    """Ask the model for level, score and reasons, and return them with the rules that match.

    Running it twice is safe and costs nothing: a stored judgement is used again.
    """
    work = WorkFolder(clients.store, request.document_id)
    opening = _opening(work, request)
    signals = urgency_signals("\n".join(page.text for page in opening))

    stored = work.read(URGENCY)
    if stored is None:
        summary = work.require(SUMMARY).answer
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
        corrected, corrections = correct_urgency(answer)
        stored = StoredUrgency(answer=corrected, corrections=corrections)
        work.write(URGENCY, stored)
        if _judgement(corrected, signals).level is UrgencyLevel.URGENT:
            urgent_total.add(1)
    return _judgement(stored.answer, signals)


def _opening(work: WorkFolder, request: UrgencyRequest) -> list[PageText]:
    """Return the pages that are judged: the first ones with text, or all slides of a short file.

    What a letter asks for stands on its first pages. A slide has few words, and the last one may
    decide, so slides and sheets are judged together as long as they are no longer than pages.
    """
    numbers = parse_pages(request.opening)
    if not numbers or numbers[-1] > MOST_SLIDES:
        pages = work.read_pages(TRANSCRIPT, request.opening or None)
    else:
        pages = work.read_pages(TRANSCRIPT, f"{numbers[0]}-{MOST_SLIDES + 1}")
    written = [page for page in pages if page.text]
    few = len(pages) <= MOST_SLIDES and sum(len(p.text) for p in written) <= OPENING_CHARACTERS
    if few and written and all(map(_is_of_a_whole, written)):
        return written
    return written[:OPENING_PAGES]


def _is_of_a_whole(page: PageText) -> bool:
    """Return whether a page is what OCR counted in a document without pages: it has no size."""
    return page.method is PageMethod.OCR and page.width == 0


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
    """Return a judgement whose level and score agree; the more urgent of the two counts."""
    score = min(1.0, max(0.0, answer.score))
    urgent = answer.level is UrgencyLevel.URGENT or score >= URGENT_SCORE
    return UrgencyJudgement(
        level=UrgencyLevel.URGENT if urgent else UrgencyLevel.NORMAL,
        score=round(max(score, URGENT_SCORE) if urgent else score, 4),
        signals=signals,
    )
