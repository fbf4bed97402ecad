"""Judge how urgent a document is, with the model and with rules."""

from __future__ import annotations

from activities import activity
from docflow.clients import Clients
from docflow.llm.calls import Question, ask
from docflow.llm.prompts import load_prompt
from docflow.models.outputs import StoredUrgency, UrgencyAnswer, UrgencyEvidence
from docflow.models.pages import PageText
from docflow.models.states import PageMethod, UrgencyLevel
from docflow.models.urgency import RulesVerdict, UrgencyJudgement, UrgencyRequest
from docflow.policy.answer_values import correct_urgency
from docflow.policy.language import language_of
from docflow.policy.page_sets import parse_pages
from docflow.policy.signals.findings import Evidence, UrgencyFindings, findings_in
from docflow.policy.signals.rules import urgency_rules
from docflow.policy.urgency import MODEL_PAGES, OPENING_PAGES, URGENT_SCORE
from docflow.policy.zones.joined_pages import JoinedPages
from docflow.ports import ModelBlocked
from docflow.telemetry import urgent_total
from docflow.work.artefacts import SUMMARY, TRANSCRIPT, URGENCY
from docflow.work.folder import WorkFolder

OPENING_CHARACTERS = 12_000
"""Most characters of the first pages in the question to the model."""
MOST_SLIDES = 24
"""Most slides or sheets that are judged together."""

MOST_REASONS = 5
"""More reasons are stored in `work`, but not in the history."""


@activity
def judge_urgency(request: UrgencyRequest, clients: Clients) -> UrgencyJudgement:
    """Ask the model for level, score and reasons, and return them with what the rules find.

    Running it twice is safe and costs nothing: a stored judgement is used again, and the rules
    depend on the text and the day of receipt alone.
    """
    work = WorkFolder(clients.store, request.document_id)
    opening, for_model = _opening(work, request)
    received = (request.received_at or clients.clock.now()).date()
    language = language_of(page.text for page in opening)
    joined = JoinedPages([(page.number, page.text) for page in opening])
    findings = findings_in(joined.text, received, language=language, repeated=joined.repeated)

    stored = work.read(URGENCY)
    if stored is None:
        summary = work.require(SUMMARY).answer
        question = Question(
            "3-judge-urgency",
            load_prompt("judge_urgency"),
            {
                "task": "judge_urgency",
                "received": received.isoformat(),
                "document": {"pages": _within_budget(for_model)},
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
        evidence = _evidence(findings, joined)
        stored = StoredUrgency(answer=corrected, corrections=corrections, evidence=evidence)
        work.write(URGENCY, stored)
        if _level(corrected) is UrgencyLevel.URGENT or _is_urgent(findings):
            urgent_total.add(1)
    return _judgement(stored.answer, findings, language)


def _opening(work: WorkFolder, request: UrgencyRequest) -> tuple[list[PageText], list[PageText]]:
    """Return the pages that the rules read, and those that the model reads word by word.

    Both are the first ones with text, or all slides of a short file. What a letter asks for stands
    on its first pages. A slide has few words, and the last one may decide, so slides and sheets are
    judged together as long as they are no longer than pages.
    """
    numbers = parse_pages(request.opening)
    if not numbers or numbers[-1] > MOST_SLIDES:
        pages = work.read_pages(TRANSCRIPT, request.opening or None)
    else:
        pages = work.read_pages(TRANSCRIPT, f"{numbers[0]}-{MOST_SLIDES + 1}")
    written = [page for page in pages if page.text]
    few = len(pages) <= MOST_SLIDES and sum(len(p.text) for p in written) <= OPENING_CHARACTERS
    if few and written and all(map(_is_of_a_whole, written)):
        return written, written
    return written[:OPENING_PAGES], written[:MODEL_PAGES]


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


def _evidence(findings: UrgencyFindings, opening: JoinedPages) -> list[UrgencyEvidence]:
    """Return what was found with its pages, first what counts."""

    def located(found: Evidence, doubt: str = "") -> UrgencyEvidence:
        return UrgencyEvidence(
            signal=found.signal,
            says=found.says,
            weight=found.weight,
            page=opening.page_at(found.start),
            quote=found.quote,
            day=found.day,
            not_counted=doubt,
        )

    counted = [located(found) for found in findings.evidence]
    return counted + [located(found, doubt.value) for found, doubt in findings.doubted]


def _judgement(answer: UrgencyAnswer, findings: UrgencyFindings, language: str) -> UrgencyJudgement:
    """Return a judgement whose level and score agree; the more urgent of the two counts."""
    score = min(1.0, max(0.0, answer.score))
    urgent = _level(answer) is UrgencyLevel.URGENT
    rules = urgency_rules()
    return UrgencyJudgement(
        level=_level(answer),
        score=round(max(score, URGENT_SCORE) if urgent else score, 4),
        signals=[found.signal for found in findings.evidence],
        rules=RulesVerdict(
            score=findings.score,
            urgent=_is_urgent(findings),
            doubtful=findings.score >= rules.doubtful_from,
            reasons=[found.says for found in findings.evidence[:MOST_REASONS]],
            deadline=findings.deadline,
            language=language,
            knows_language=language in rules.languages,
        ),
    )


def _level(answer: UrgencyAnswer) -> UrgencyLevel:
    urgent = answer.level is UrgencyLevel.URGENT or answer.score >= URGENT_SCORE
    return UrgencyLevel.URGENT if urgent else UrgencyLevel.NORMAL


def _is_urgent(findings: UrgencyFindings) -> bool:
    return findings.score >= urgency_rules().urgent_from
