"""Builds the result record from what the orchestration knows and what its steps left behind."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from docflow.contracts import MAIL_TYPE, RESULT_SCHEMA_VERSION
from docflow.errors import PermanentError
from docflow.llm.calls import DOCUMENT_SUMMARY, URGENCY, StoredSummary, StoredUrgency
from docflow.models.delivery import Closing
from docflow.models.files import Attached
from docflow.models.outputs import SummaryAnswer, UrgencyAnswer
from docflow.models.pages import PageText
from docflow.models.reviews import ReviewOutcome
from docflow.models.states import Status
from docflow.models.usage import ModelCall
from docflow.policy.cost import estimate_usd
from docflow.policy.evidence import stands_on_page
from docflow.record.schema import (
    ActionRecord,
    AttachmentRecord,
    BulletRecord,
    CheckRecord,
    CostRecord,
    CoverageRecord,
    DecisionRecord,
    EntityRecord,
    ErrorRecord,
    PageRecord,
    ProvenanceRecord,
    ResultRecord,
    ReviewRecord,
    SourceRecord,
    SummaryRecord,
    TicketRecord,
    TimelineRecord,
    UrgencyRecord,
)
from docflow.settings import Settings
from docflow.work.folder import WorkFolder


@dataclass(frozen=True, slots=True)
class Prices:
    """List prices in US dollars."""

    per_1000_ocr_pages: float
    per_million_prompt_tokens: float
    per_million_completion_tokens: float


@dataclass(frozen=True, slots=True)
class Findings:
    """What the steps of one document left in `work`."""

    pages: list[PageText] = field(default_factory=list)
    summary: SummaryAnswer | None = None
    urgency: UrgencyAnswer | None = None
    calls: list[ModelCall] = field(default_factory=list)
    attachments: list[Attached] = field(default_factory=list)


def build_record(closing: Closing, findings: Findings, prices: Prices) -> ResultRecord:
    """Build the record of a document that has ended."""
    summary, request = findings.summary, closing.request
    return ResultRecord(
        schema_version=RESULT_SCHEMA_VERSION,
        document_id=request.document_id,
        attempt=request.attempt,
        workflow_version=closing.workflow_version,
        status=closing.status,
        source=_source(closing, findings),
        summary=_summary(closing, summary, findings.pages) if summary else None,
        urgency=_urgency(closing, findings.urgency),
        entities=[
            EntityRecord(kind=e.kind, value=e.value, page=e.page)
            for e in (summary.entities if summary else [])
        ],
        actions=[
            ActionRecord(text=a.text, due_date=a.due_date)
            for a in (summary.actions if summary else [])
        ],
        draft_reply=summary.draft_reply if summary else None,
        coverage=_coverage(closing),
        pages=[_page(page) for page in findings.pages],
        review=_review(closing),
        checks=[CheckRecord(**check.model_dump()) for check in closing.checks],
        ticket=TicketRecord(**closing.ticket.model_dump()) if closing.ticket else None,
        provenance=[_provenance(call) for call in findings.calls],
        cost=cost_of(
            findings,
            prices,
            ocr_pages=_paid_pages(closing, findings),
            ocr_pages_saved=closing.ocr_pages_saved,
        ),
        timeline=[TimelineRecord(**entry.model_dump()) for entry in closing.timeline],
        error=ErrorRecord(**closing.error.model_dump()) if closing.error else None,
        attachments=[AttachmentRecord(**each.model_dump()) for each in findings.attachments],
    )


def _paid_pages(closing: Closing, findings: Findings) -> int:
    """Count the pages that OCR was paid for, those included that it never answered."""
    wasted = closing.transcript.wasted_pages if closing.transcript else 0
    return wasted + sum(1 for page in findings.pages if page.recognized)


def gather_answers(work: WorkFolder) -> Findings:
    """Collect what the model said about a document so far."""
    summary = work.read(DOCUMENT_SUMMARY, StoredSummary)
    urgency = work.read(URGENCY, StoredUrgency)
    return Findings(
        summary=summary.answer if summary else None,
        urgency=urgency.answer if urgency else None,
        calls=add_calls(work.read_calls()),
    )


def gather(closing: Closing, work: WorkFolder) -> Findings:
    """Collect all that the steps of a document left, as far as it came.

    What was deleted from `work` in the meantime must not keep an end from being recorded; but
    nothing is published with a part missing.
    """
    try:
        pages = work.read_transcript() if closing.transcript else []
    except PermanentError:
        if closing.status is Status.PUBLISHED:
            raise
        pages = []
    unpacked = work.read_attachments() if _is_mail(closing) else None
    return replace(
        gather_answers(work), pages=pages, attachments=unpacked.attachments if unpacked else []
    )


def _is_mail(closing: Closing) -> bool:
    return closing.accepted is not None and closing.accepted.content_type == MAIL_TYPE


def prices_of(settings: Settings) -> Prices:
    """Take the list prices from the settings."""
    return Prices(
        per_1000_ocr_pages=settings.usd_per_1000_ocr_pages,
        per_million_prompt_tokens=settings.usd_per_million_prompt_tokens,
        per_million_completion_tokens=settings.usd_per_million_completion_tokens,
    )


def cost_of(
    findings: Findings, prices: Prices, *, ocr_pages: int, ocr_pages_saved: int = 0
) -> CostRecord:
    """Add up what a document used, and estimate what that cost and what was saved."""
    calls = findings.calls
    prompt_tokens = sum(call.prompt_tokens for call in calls)
    completion_tokens = sum(call.completion_tokens for call in calls)
    return CostRecord(
        ocr_pages=ocr_pages,
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        cached_calls=sum(call.cached_calls for call in calls),
        estimated_usd=_usd(prices, ocr_pages, prompt_tokens, completion_tokens),
        ocr_pages_saved=ocr_pages_saved,
        saved_usd=_usd(
            prices,
            ocr_pages_saved,
            sum(call.saved_prompt_tokens for call in calls),
            sum(call.saved_completion_tokens for call in calls),
        ),
    )


def _usd(prices: Prices, ocr_pages: int, prompt_tokens: int, completion_tokens: int) -> float:
    return estimate_usd(
        ocr_pages=ocr_pages,
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        usd_per_1000_pages=prices.per_1000_ocr_pages,
        usd_per_million_prompt=prices.per_million_prompt_tokens,
        usd_per_million_completion=prices.per_million_completion_tokens,
    )


def _source(closing: Closing, findings: Findings) -> SourceRecord:
    request, accepted, refused = closing.request, closing.accepted, closing.refused
    known = accepted or refused
    return SourceRecord(
        container=request.source.container,
        name=request.source.name,
        etag=request.source.etag,
        sha256=known.sha256 if known else None,
        content_type=known.content_type if known else request.source.content_type,
        bytes=known.bytes if known else request.source.bytes,
        pages=len(findings.pages) or (accepted.pages if accepted else 0),
        duplicate_of=accepted.duplicate_of if accepted else None,
        attempt_of=request.first_document_id,
        parent=request.source.parent,
    )


def _summary(closing: Closing, summary: SummaryAnswer, pages: list[PageText]) -> SummaryRecord:
    texts = {page.number: page.text for page in pages}
    decision = closing.review.decision if closing.review else None
    if decision is not None and decision.summary is not None:
        bullets = [
            BulletRecord(text=text, page=None, quote=None, grounded=False)
            for text in decision.summary
        ]
    else:
        bullets = [
            BulletRecord(
                text=bullet.text,
                page=bullet.page,
                quote=bullet.quote,
                grounded=stands_on_page(bullet.quote, texts.get(bullet.page, "")),
            )
            for bullet in summary.bullets
        ]
    return SummaryRecord(
        title=summary.title,
        language=summary.language,
        document_type=summary.document_type,
        bullets=bullets,
    )


def _urgency(closing: Closing, answer: UrgencyAnswer | None) -> UrgencyRecord | None:
    if closing.urgency is None:
        return None
    return UrgencyRecord(
        level=closing.urgency.level.value,
        score=closing.urgency.score,
        reasons=answer.reasons if answer else [],
        signals=closing.urgency.signals,
        decided_by=closing.urgency.decided_by,
    )


def _coverage(closing: Closing) -> CoverageRecord | None:
    transcript = closing.transcript
    if transcript is None:
        return None
    return CoverageRecord(
        complete=not (
            transcript.pages_failed or transcript.pages_unread or transcript.characters_unread
        ),
        pages_read=transcript.pages_read,
        pages_failed=transcript.pages_failed,
        pages_unread=transcript.pages_unread,
        characters_unread=transcript.characters_unread,
    )


def _page(page: PageText) -> PageRecord:
    return PageRecord(
        number=page.number,
        method=page.method,
        reason=page.reason,
        cached=page.cached,
        confidence=page.confidence,
        characters=len(page.text),
        error=page.error,
    )


def _review(closing: Closing) -> ReviewRecord:
    outcome = closing.review or ReviewOutcome()
    decision = None
    if outcome.decision and outcome.decided_at and outcome.via:
        decision = DecisionRecord(
            approved=outcome.decision.approved,
            reviewer=outcome.decision.reviewer,
            comment=outcome.decision.comment,
            decided_at=outcome.decided_at,
            via=outcome.via,
        )
    return ReviewRecord(
        required=closing.route.review if closing.route else False,
        reasons=closing.route.reasons if closing.route else [],
        decision=decision,
        reminders=outcome.reminders,
        escalated=outcome.escalated,
    )


def _provenance(call: ModelCall) -> ProvenanceRecord:
    return ProvenanceRecord(
        step=call.step,
        deployment=call.deployment,
        model=call.model,
        prompt_version=call.prompt_version,
        prompt_sha256=call.prompt_sha256,
        calls=call.calls,
    )


def add_calls(calls: list[ModelCall]) -> list[ModelCall]:
    """Add up calls of the same step, deployment, model and prompt."""
    totals: dict[tuple[str, ...], ModelCall] = {}
    for call in calls:
        key = (call.step, call.deployment, call.model, call.prompt_sha256)
        before = totals.get(key)
        totals[key] = call if before is None else before.plus(call)
    return list(totals.values())
