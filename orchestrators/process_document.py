"""The orchestration of one document, from the upload to its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from docflow.contracts import (
    APPROVAL_EVENT,
    MAIL_TYPE,
    WORKFLOW_VERSION,
    Activity,
    Orchestrator,
)
from docflow.durable.events import EventWait
from docflow.durable.steps import Context, Steps, gather_children, start_children
from docflow.errors import StepFailed
from docflow.models.checks import ChecksReport, ChecksRequest, Route
from docflow.models.delivery import (
    DeliveryRequest,
    DeliveryResult,
    DocumentEnd,
    QuarantineRequest,
)
from docflow.models.documents import DocumentRequest, Failure
from docflow.models.facts import DocumentFacts
from docflow.models.files import (
    Accepted,
    Confirmation,
    ConfirmationRequest,
    Inspection,
    InspectionRequest,
    Refused,
    Unpacked,
    UnpackRequest,
)
from docflow.models.pages import (
    PageFailure,
    PageRangeRead,
    PageRangeRequest,
    PreparationRequest,
    PreparedPages,
    Transcript,
    TranscriptRequest,
)
from docflow.models.payloads import Done
from docflow.models.states import Stage, Status
from docflow.models.summaries import ModelStep, SummaryRequest
from docflow.models.urgency import UrgencyDecision, UrgencyJudgement, UrgencyRequest
from docflow.policy.page_sets import branch_pages, first_pages, split_pages
from docflow.policy.retry import LONG_OUTAGE_RETRY
from docflow.policy.routes import (
    DELIVERY_LOST,
    attachment_checks,
    choose_route,
    enough_was_read,
    needs_ticket,
    reading_failure,
    refuse_blank,
    refuse_unreadable,
    status_after,
)
from docflow.policy.timeline import describe_attachments, describe_reading, describe_source
from docflow.policy.urgency import OPENING_PAGES, apply_review, decide_urgency
from orchestrators import orchestrator
from orchestrators.await_approval import await_approval
from orchestrators.journey import Journey


@dataclass(frozen=True, slots=True)
class Judgement:
    """The urgency and the route of a document."""

    urgency: UrgencyDecision
    route: Route


@orchestrator
def process_document(context: Context, request: DocumentRequest) -> Steps[DocumentEnd]:
    """Process one document until it is published, rejected, expired, quarantined or failed.

    Inspect the file, read its pages, summarize, judge urgency, check, decide the route; if a review
    is needed, wait for the decision; then deliver. Every end has a record. A step that fails
    permanently ends the document as failed, but never fails the orchestration.
    """
    journey = Journey(context, DocumentFacts.at_first(request, WORKFLOW_VERSION))
    decisions = EventWait(context, APPROVAL_EVENT)

    try:
        end = yield from _triage(journey, decisions)
    except StepFailed as failure:
        end = Failure(code=failure.code, message=failure.advice)
    journey.end(end)

    if journey.facts.status is Status.PUBLISHED:
        yield from _deliver(journey)
    if journey.facts.status is not Status.PUBLISHED:
        yield from _conclude(journey)

    journey.enter(Stage.DONE)
    return DocumentEnd(status=journey.facts.status)


def _triage(journey: Journey, decisions: EventWait) -> Steps[Status | Refused | Failure]:
    """Run all steps before the delivery and return how the document ends."""
    inspected = yield from _inspect(journey)
    if isinstance(inspected, Refused):
        return inspected
    unpacked = yield from _unpack(journey, inspected)
    if isinstance(unpacked, Refused):
        return unpacked
    transcript = yield from _read(journey, unpacked)
    if isinstance(transcript, Refused | Failure):
        return transcript
    yield from _summarize(journey, transcript)
    judgement = yield from _judge(journey, transcript)
    if isinstance(judgement, Refused):
        return judgement
    end = yield from _review(journey, judgement, decisions)
    if judgement.route.review and end is Status.PUBLISHED:
        return (yield from _confirm(journey)) or end
    return end


def _inspect(journey: Journey) -> Steps[Accepted | Refused]:
    """Inspect the file."""
    request = journey.request
    journey.enter(Stage.INSPECTING)
    inspection = yield from journey.run(
        Activity.INSPECT_DOCUMENT,
        InspectionRequest(
            document_id=request.document_id,
            source=request.source,
            first_document_id=request.first_document_id,
            kept=request.kept,
        ),
        Inspection,
    )
    if isinstance(inspection.outcome, Accepted):
        journey.learn(accepted=inspection.outcome)
        journey.note("accepted", describe_source(inspection.outcome))
    return inspection.outcome


def _unpack(journey: Journey, accepted: Accepted) -> Steps[Accepted | Refused]:
    """Start documents for the attachments of a mail, except for a mail that is an attachment."""
    request = journey.request
    if accepted.content_type != MAIL_TYPE or request.source.parent is not None:
        return accepted
    unpacked = yield from journey.run(
        Activity.UNPACK_MAIL,
        UnpackRequest(
            document_id=request.document_id,
            name=request.source.name,
            first_document_id=request.first_document_id,
        ),
        Unpacked,
    )
    if unpacked.refused is not None:
        return refuse_unreadable(accepted, unpacked.refused)
    journey.learn(attachments_left_out=unpacked.left_out)
    journey.note("unpacked", describe_attachments(unpacked))
    return accepted


def _read(journey: Journey, accepted: Accepted) -> Steps[Transcript | Refused | Failure]:
    """Read the pages and return the transcript, or the reason why too few could be read."""
    prepared = yield from _prepare(journey, accepted)
    if isinstance(prepared, Refused):
        return prepared
    failures = yield from _recognize(journey, prepared)
    transcript = yield from journey.run(
        Activity.ASSEMBLE_TRANSCRIPT,
        TranscriptRequest(
            document_id=journey.request.document_id,
            ocr=prepared.ocr,
            failures=failures,
            part_characters=journey.request.flow.summary_part_characters,
        ),
        Transcript,
    )
    journey.learn(transcript=transcript)
    journey.show_pages(transcript.pages_read, transcript.pages)
    journey.note("read", describe_reading(prepared, transcript))

    if not enough_was_read(transcript, journey.request.flow):
        return reading_failure(transcript, failures)
    if transcript.characters == 0:
        return refuse_blank(accepted, transcript)
    return transcript


def _prepare(journey: Journey, accepted: Accepted) -> Steps[PreparedPages | Refused]:
    """Read the text layers and prepare the pages that need OCR."""
    journey.show_pages(0, accepted.pages)
    journey.enter(Stage.PREPARING)
    prepared = yield from journey.run(
        Activity.PREPARE_PAGES,
        PreparationRequest(
            document_id=journey.request.document_id,
            content_type=accepted.content_type,
            pages=accepted.pages,
            ocr_mode=journey.request.flow.ocr_mode,
        ),
        PreparedPages,
    )
    if prepared.refused is not None:
        return refuse_unreadable(accepted, prepared.refused)
    journey.learn(prepared=prepared)
    return prepared


def _recognize(journey: Journey, prepared: PreparedPages) -> Steps[list[PageFailure]]:
    """Send the pages that need OCR to OCR, in ranges that run in parallel.

    If there are more pages than `pages_in_flight`, they are sent in waves. A wave is one
    sub-orchestration, so the history here grows with the number of waves, not of ranges.
    """
    if not prepared.ocr:
        return []
    flow = journey.request.flow
    journey.show_pages(prepared.done_without_ocr, prepared.pages, ocr=prepared.ocr_pages)
    journey.enter(Stage.READING)
    waves = [[pages] for pages in split_pages(prepared.ocr, flow.pages_in_flight)]
    if len(waves) == 1:
        waves = [branch_pages(prepared.ocr, flow.pages_per_range)]

    reads: list[PageRangeRead] = []
    for wave in waves:
        reads += yield from _read_wave(journey, prepared, wave, reads)
    return [failure for read in reads for failure in read.failures]


def _read_wave(
    journey: Journey, prepared: PreparedPages, ranges: list[str], before: list[PageRangeRead]
) -> Steps[list[PageRangeRead]]:
    """Read page ranges in parallel and show the progress."""
    flow = journey.request.flow
    requests = [
        PageRangeRequest(
            document_id=journey.request.document_id,
            pages=pages,
            pages_per_range=flow.pages_per_range,
            retry=flow.retry,
        )
        for pages in ranges
    ]

    def show(ended: list[PageRangeRead]) -> None:
        read = sum(r.read + len(r.failures) for r in [*before, *ended])
        done = prepared.done_without_ocr + read
        journey.show_pages(done, prepared.pages, ocr=prepared.ocr_pages)

    children = start_children(journey.context, Orchestrator.READ_PAGES, requests)
    return (yield from gather_children(journey.context, children, PageRangeRead, show))


def _summarize(journey: Journey, transcript: Transcript) -> Steps[None]:
    """Summarize the document."""
    request = journey.request
    journey.enter(Stage.SUMMARIZING)
    summary = yield from journey.run_child(
        Orchestrator.SUMMARIZE_DOCUMENT,
        SummaryRequest(
            document_id=request.document_id,
            parts=transcript.parts,
            part_characters=request.flow.summary_part_characters,
            retry=request.flow.retry,
        ),
        ModelStep,
    )
    _stop_if_declined(Activity.SUMMARIZE_PART, summary)
    journey.note("summarized")


def _judge(journey: Journey, transcript: Transcript) -> Steps[Judgement | Refused]:
    """Judge urgency, check the summary, and decide the route."""
    request = journey.request
    document_id = request.document_id
    journey.enter(Stage.JUDGING)
    judged = yield from journey.run(
        Activity.JUDGE_URGENCY,
        UrgencyRequest(
            document_id=document_id,
            opening=first_pages(transcript.parts, OPENING_PAGES),
            received_at=journey.request.received_at,
        ),
        UrgencyJudgement,
    )
    _stop_if_declined(Activity.JUDGE_URGENCY, judged)
    urgency = decide_urgency(judged)
    journey.learn(urgency=urgency)
    journey.note("judged", f"{urgency.level.value} ({urgency.score:.2f}), by {urgency.decided_by}")
    journey.show(urgency=urgency.level.value)

    journey.enter(Stage.CHECKING)
    report = yield from journey.run(
        Activity.CHECK_SUMMARY,
        ChecksRequest(document_id=document_id, source=request.source if request.may_grow else None),
        ChecksReport,
    )
    if report.refused is not None:
        return report.refused
    checks = [*report.checks, *attachment_checks(journey.facts.attachments_left_out)]
    route = choose_route(urgency, transcript, checks)
    journey.learn(checks=checks, route=route)
    return Judgement(urgency, route)


def _stop_if_declined(step: Activity, answer: ModelStep) -> None:
    if answer.blocked_code is not None:
        raise StepFailed(step, answer.blocked_code, answer.blocked_message)


def _review(journey: Journey, judgement: Judgement, decisions: EventWait) -> Steps[Status]:
    """Wait for a review if the route requires one; return how the document ends."""
    if not judgement.route.review:
        return Status.PUBLISHED
    timeout = timedelta(seconds=journey.request.flow.approval_timeout_seconds)
    deadline = journey.now + timeout
    journey.wait_for_review(deadline)
    yield from journey.index()
    review = yield from await_approval(journey, decisions, judgement.route.reasons, deadline)
    journey.learn(review=review, urgency=apply_review(judgement.urgency, review))
    journey.resume()
    yield from journey.index()
    return status_after(review)


def _confirm(journey: Journey) -> Steps[Refused | None]:
    """Look once more at an upload that may have grown while the document waited for a person."""
    request = journey.request
    if not request.may_grow:
        return None
    confirmed = yield from journey.run(
        Activity.CONFIRM_SOURCE,
        ConfirmationRequest(document_id=request.document_id, source=request.source),
        Confirmation,
    )
    return confirmed.refused


def _deliver(journey: Journey) -> Steps[None]:
    """Deliver the document; if the delivery was undone, end the document as failed."""
    journey.enter(Stage.DELIVERING)
    request = DeliveryRequest(facts=journey.facts, open_ticket=needs_ticket(journey.facts.urgency))
    try:
        delivery = yield from journey.run_child(Orchestrator.DELIVER, request, DeliveryResult)
    except StepFailed:
        journey.end(DELIVERY_LOST)
        return
    journey.learn(timeline=[*journey.facts.timeline, *delivery.timeline])
    if delivery.failure is not None:
        journey.end(delivery.failure)


def _conclude(journey: Journey) -> Steps[None]:
    """Record and announce an end other than publication."""
    journey.enter(Stage.DELIVERING)
    refused = journey.facts.refused
    if refused is not None:
        request = QuarantineRequest(request=journey.request, refused=refused)
        yield from journey.attempt(Activity.QUARANTINE_SOURCE, request, otherwise="not_set_aside")
    yield from journey.run(Activity.WRITE_RECORD, journey.facts, Done, retry=LONG_OUTAGE_RETRY)
    yield from journey.index()
    yield from journey.attempt(Activity.ANNOUNCE_DOCUMENT, journey.facts, otherwise="not_announced")
    yield from journey.attempt(Activity.NOTIFY_WEBHOOK, journey.facts, otherwise="not_notified")
