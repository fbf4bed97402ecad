"""Build the result record from the facts of the orchestration and the artefacts in `work`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from pydantic import BaseModel

from docflow.contracts import MAIL_TYPE, RESULT_SCHEMA_VERSION
from docflow.errors import PermanentError
from docflow.models.facts import DocumentFacts
from docflow.models.files import Attached
from docflow.models.outputs import StoredUrgency, SummaryAnswer
from docflow.models.pages import PageText
from docflow.models.reviews import ReviewOutcome
from docflow.models.states import Status
from docflow.models.usage import ModelCall, Prices
from docflow.policy.cost import estimate_cost
from docflow.policy.evidence import stands_on_page
from docflow.policy.shown_text import shown
from docflow.record.schema import (
    ActionRecord,
    BulletRecord,
    CoverageRecord,
    DecisionRecord,
    EvidenceRecord,
    PageRecord,
    ProvenanceRecord,
    ResultRecord,
    ReviewRecord,
    SourceRecord,
    SummaryRecord,
    UrgencyRecord,
)
from docflow.work.artefacts import ATTACHMENTS, SUMMARY, TRANSCRIPT, URGENCY
from docflow.work.folder import WorkFolder

ValueT = TypeVar("ValueT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Findings:
    """The artefacts of one document that its record needs."""

    pages: list[PageText] = field(default_factory=list)
    summary: SummaryAnswer | None = None
    urgency: StoredUrgency | None = None
    calls: list[ModelCall] = field(default_factory=list)
    attachments: list[Attached] = field(default_factory=list)


def gather(facts: DocumentFacts, work: WorkFolder) -> Findings:
    """Return the artefacts that the steps of a document have stored so far.

    If pages were deleted from `work`, the end of the document is recorded without them.

    Raises:
        PermanentError: code `ARTEFACT_MISSING`, pages are missing and the document would be
            published without them.
    """
    try:
        pages = work.read_pages(TRANSCRIPT) if facts.transcript else []
    except PermanentError:
        if facts.status is Status.PUBLISHED:
            raise
        pages = []
    is_mail = facts.accepted is not None and facts.accepted.content_type == MAIL_TYPE
    unpacked = work.read(ATTACHMENTS) if is_mail else None
    summary, urgency = work.read(SUMMARY), work.read(URGENCY)
    return Findings(
        pages=pages,
        summary=summary.answer if summary else None,
        urgency=urgency,
        calls=work.read_usage(),
        attachments=unpacked.attachments if unpacked else [],
    )


def build_record(facts: DocumentFacts, findings: Findings, prices: Prices) -> ResultRecord:
    """Return the record of a document that has ended."""
    summary = findings.summary
    return ResultRecord.of(
        facts.request,
        facts,
        schema_version=RESULT_SCHEMA_VERSION,
        source=_source(facts, findings),
        summary=_summary(facts, summary, findings.pages) if summary else None,
        urgency=_urgency(facts, findings.urgency),
        entities=[_shown(entity) for entity in summary.entities] if summary else [],
        actions=[_shown(action) for action in _actions(summary, findings.urgency)]
        if summary
        else [],
        draft_reply=shown(summary.draft_reply) if summary and summary.draft_reply else None,
        coverage=_coverage(facts),
        pages=[PageRecord.of(page, characters=len(page.text)) for page in findings.pages],
        review=_review(facts),
        provenance=[ProvenanceRecord.of(call) for call in findings.calls],
        cost=estimate_cost(
            findings.calls,
            prices,
            ocr_pages=_paid_pages(facts, findings),
            ocr_pages_saved=facts.ocr_pages_saved,
        ),
        attachments=findings.attachments,
    )


def _paid_pages(facts: DocumentFacts, findings: Findings) -> int:
    """Return the number of pages that OCR charges for, with those that it did not answer."""
    wasted = facts.transcript.wasted_pages if facts.transcript else 0
    return wasted + sum(1 for page in findings.pages if page.recognized)


def _source(facts: DocumentFacts, findings: Findings) -> SourceRecord:
    request, accepted, refused = facts.request, facts.accepted, facts.refused
    known = accepted or refused
    return SourceRecord.of(
        request.source,
        *([known] if known else []),
        sha256=known.sha256 if known else None,
        pages=len(findings.pages) or (accepted.pages if accepted else 0),
        duplicate_of=accepted.duplicate_of if accepted else None,
        attempt_of=request.first_document_id,
        successor=refused.successor if refused else None,
    )


def _summary(facts: DocumentFacts, summary: SummaryAnswer, pages: list[PageText]) -> SummaryRecord:
    texts = {page.number: page.text for page in pages}
    decision = facts.review.decision if facts.review else None
    if decision is not None and decision.summary is not None:
        bullets = [
            BulletRecord(text=shown(text), page=None, quote=None, grounded=False)
            for text in decision.summary
        ]
    else:
        bullets = [
            _shown(
                BulletRecord.of(
                    bullet,
                    page=bullet.page or None,
                    grounded=stands_on_page(bullet.quote, texts.get(bullet.page, "")),
                )
            )
            for bullet in summary.bullets
        ]
    return _shown(SummaryRecord.of(summary, bullets=bullets))


def _shown(value: ValueT) -> ValueT:
    """Return a value with its texts as they may be shown elsewhere."""
    texts = {name: shown(text) for name, text in value if isinstance(text, str)}
    return value.model_copy(update=texts)


def _actions(summary: SummaryAnswer, judged: StoredUrgency | None) -> list[ActionRecord]:
    """Return the actions; one without a date gets the only deadline of its page."""
    deadlines: dict[int, set[date]] = {}
    for found in judged.evidence if judged else []:
        if found.day is not None and not found.not_counted:
            deadlines.setdefault(found.page, set()).add(found.day)
    return [
        ActionRecord.of(
            action,
            page=action.page or None,
            due_date=action.due_date or _only(deadlines.get(action.page, set())),
        )
        for action in summary.actions
    ]


def _only(days: set[date]) -> str | None:
    return next(iter(days)).isoformat() if len(days) == 1 else None


def _urgency(facts: DocumentFacts, stored: StoredUrgency | None) -> UrgencyRecord | None:
    if facts.urgency is None:
        return None
    answers = stored.answer.reasons if stored else []
    return UrgencyRecord.of(
        facts.urgency,
        reasons=[*facts.urgency.reasons, *(shown(reason) for reason in answers)],
        evidence=[_shown(EvidenceRecord.of(found)) for found in stored.evidence] if stored else [],
    )


def _coverage(facts: DocumentFacts) -> CoverageRecord | None:
    transcript = facts.transcript
    if transcript is None:
        return None
    missing = transcript.pages_failed or transcript.pages_unread or transcript.characters_unread
    return CoverageRecord.of(transcript, complete=not missing)


def _review(facts: DocumentFacts) -> ReviewRecord:
    outcome, route = facts.review or ReviewOutcome(), facts.route
    decision = None
    if outcome.decision is not None:
        decision = DecisionRecord.of(
            outcome.decision, decided_at=outcome.decided_at, via=outcome.via
        )
    return ReviewRecord.of(
        outcome,
        required=route.review if route else False,
        reasons=route.reasons if route else [],
        decision=decision,
    )
