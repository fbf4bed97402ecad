"""The story of one document, from upload to its end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from docflow.contracts import APPROVAL_EVENT, MAIL_TYPE, Activity, Orchestrator
from docflow.durable.events import EventWait
from docflow.durable.steps import (
    Context,
    Steps,
    gather_children,
    run_child,
    start_children,
    utc_now,
)
from docflow.errors import StepFailed
from docflow.models.checks import ChecksReport, ChecksRequest
from docflow.models.delivery import DeliveryRequest, DeliveryResult, QuarantineRequest
from docflow.models.documents import DocumentRequest, Failure
from docflow.models.files import (
    Accepted,
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
from docflow.models.urgency import UrgencyJudgement, UrgencyRequest
from docflow.policy.page_sets import branch_pages, split_pages
from docflow.policy.retry import PATIENT
from docflow.policy.routes import (
    DELIVERY_LOST,
    choose_route,
    enough_was_read,
    needs_ticket,
    reading_failure,
    refuse_blank,
    refuse_unreadable,
    status_after,
)
from docflow.policy.urgency import apply_review, decide_urgency
from docflow.policy.wording import describe_reading, describe_source
from orchestrators.await_approval import await_approval
from orchestrators.journey import Journey

blueprint = df.Blueprint()


@blueprint.orchestration_trigger(context_name="context")
def process_document(context: Context) -> Steps[dict[str, Any]]:
    """Take one document to its end: published, rejected, expired, quarantined or failed.

    Inspect the file, read its pages, summarize, judge urgency, check, decide the route; where a
    person is needed, wait for the decision; then deliver. Whatever the end, a record of it is
    written. A step that fails for good ends the document as failed, never the orchestration.
    """
    journey = Journey(context, DocumentRequest.load(context.get_input(expected_type=dict)))
    decisions = EventWait(context, APPROVAL_EVENT)

    try:
        accepted = yield from _inspect(journey)
        if (
            accepted is not None
            and (yield from _unpack(journey, accepted))
            and (yield from _read(context, journey, accepted))
        ):
            yield from _understand(context, journey)
            yield from _review(context, journey, decisions)
    except StepFailed as failure:
        journey.fail(Failure(code=failure.code, message=failure.advice))

    if journey.facts.status is Status.PUBLISHED:
        yield from _deliver(context, journey)
    if journey.facts.status is not Status.PUBLISHED:
        yield from _conclude(journey)

    journey.enter(Stage.DONE)
    return {"status": journey.facts.status.value}


def _inspect(journey: Journey) -> Steps[Accepted | None]:
    """Check the file; one that cannot be taken ends in quarantine."""
    request = journey.request
    journey.enter(Stage.INSPECTING)
    inspection = yield from journey.run(
        Activity.INSPECT_DOCUMENT,
        InspectionRequest(
            document_id=request.document_id,
            source=request.source,
            first_document_id=request.first_document_id,
        ),
        Inspection,
    )
    if isinstance(inspection.outcome, Refused):
        journey.quarantine(inspection.outcome)
        return None

    journey.learn(accepted=inspection.outcome)
    journey.note("accepted", describe_source(inspection.outcome))
    return inspection.outcome


def _unpack(journey: Journey, accepted: Accepted) -> Steps[bool]:
    """Make documents of a mail's attachments, but for those of an attached mail.

    Gives whether the document goes on.
    """
    request = journey.request
    if accepted.content_type != MAIL_TYPE or request.source.parent is not None:
        return True
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
        journey.quarantine(refuse_unreadable(accepted, unpacked.refused))
        return False
    journey.note("unpacked", f"{unpacked.attachments} attachments")
    return True


def _read(context: Context, journey: Journey, accepted: Accepted) -> Steps[bool]:
    """Get the text of every page; give whether there is enough of it to go on."""
    request = journey.request
    journey.pages(0, accepted.pages)
    journey.enter(Stage.PREPARING)
    prepared = yield from journey.run(
        Activity.PREPARE_PAGES,
        PreparationRequest(
            document_id=request.document_id,
            content_type=accepted.content_type,
            pages=accepted.pages,
            ocr_mode=request.flow.ocr_mode,
        ),
        PreparedPages,
    )
    if prepared.refused is not None:
        journey.quarantine(refuse_unreadable(accepted, prepared.refused))
        return False
    journey.learn(prepared=prepared)

    failures = yield from _recognize(context, journey, prepared)
    transcript = yield from journey.run(
        Activity.ASSEMBLE_TRANSCRIPT,
        TranscriptRequest(
            document_id=request.document_id,
            ocr=prepared.ocr,
            failures=failures,
            part_characters=request.flow.summary_part_characters,
        ),
        Transcript,
    )
    journey.learn(transcript=transcript)
    journey.pages(transcript.pages_read, transcript.pages)
    journey.note("read", describe_reading(prepared, transcript))

    if not enough_was_read(transcript, request.flow):
        journey.fail(reading_failure(transcript, failures))
        return False
    if transcript.characters == 0:
        journey.quarantine(refuse_blank(accepted, transcript))
        return False
    return True


def _recognize(
    context: Context, journey: Journey, prepared: PreparedPages
) -> Steps[list[PageFailure]]:
    """Send the pages that need it to OCR, in ranges that run side by side.

    A document with more pages than may be in flight goes in waves, each of them one instance of
    its own: so the history here grows by the wave, not by the range.
    """
    if not prepared.ocr:
        return []
    flow = journey.request.flow
    journey.pages(prepared.done_without_ocr, prepared.pages, ocr=prepared.ocr_pages)
    journey.enter(Stage.READING)
    waves = [[pages] for pages in split_pages(prepared.ocr, flow.pages_in_flight)]
    if len(waves) == 1:
        waves = [branch_pages(prepared.ocr, flow.pages_per_range)]

    reads: list[PageRangeRead] = []
    for wave in waves:
        reads += yield from _read_wave(context, journey, prepared, wave, reads)
    return [failure for read in reads for failure in read.failures]


def _read_wave(
    context: Context,
    journey: Journey,
    prepared: PreparedPages,
    ranges: list[str],
    before: list[PageRangeRead],
) -> Steps[list[PageRangeRead]]:
    """Read page ranges side by side, and show how far the document is."""
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
        journey.pages(done, prepared.pages, ocr=prepared.ocr_pages)

    children = start_children(context, Orchestrator.READ_PAGES, requests)
    return (yield from gather_children(context, children, PageRangeRead, show))


def _understand(context: Context, journey: Journey) -> Steps[None]:
    """Summarize, judge urgency, check what the model said, and decide the route."""
    request, facts = journey.request, journey.facts
    transcript = facts.transcript or Transcript(pages=0, pages_read=0, pages_failed=0, characters=0)
    journey.enter(Stage.SUMMARIZING)
    summary = yield from run_child(
        context,
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
    journey.learn(summarized=True)
    journey.note("summarized")

    journey.enter(Stage.JUDGING)
    judgement = yield from journey.run(
        Activity.JUDGE_URGENCY,
        UrgencyRequest(document_id=request.document_id),
        UrgencyJudgement,
    )
    _stop_if_declined(Activity.JUDGE_URGENCY, judgement)
    urgency = decide_urgency(judgement)
    journey.learn(urgency=urgency)
    journey.note("judged", f"{urgency.level.value} ({urgency.score:.2f}), by {urgency.decided_by}")
    journey.show(urgency=urgency.level.value)

    journey.enter(Stage.CHECKING)
    report = yield from journey.run(
        Activity.CHECK_SUMMARY, ChecksRequest(document_id=request.document_id), ChecksReport
    )
    journey.learn(checks=report.checks, route=choose_route(urgency, transcript, report.checks))


def _stop_if_declined(step: Activity, answer: ModelStep | UrgencyJudgement) -> None:
    if answer.blocked_code is not None:
        raise StepFailed(step, answer.blocked_code, answer.blocked_message)


def _review(context: Context, journey: Journey, decisions: EventWait) -> Steps[None]:
    """Where the route says so, wait for a person; settle how the document ends."""
    route, urgency = journey.facts.route, journey.facts.urgency
    if route is not None and urgency is not None and route.review:
        timeout = timedelta(seconds=journey.request.flow.approval_timeout_seconds)
        deadline = utc_now(context) + timeout
        yield from journey.index(Status.WAITING, Stage.WAITING_FOR_REVIEW, deadline=deadline)
        review = yield from await_approval(context, journey, decisions, route.reasons, deadline)
        journey.learn(review=review, urgency=apply_review(urgency, review))
        yield from journey.index(Status.PROCESSING, Stage.DELIVERING)
    journey.end(status_after(journey.facts.review))


def _deliver(context: Context, journey: Journey) -> Steps[None]:
    """Deliver the document; a delivery that was undone ends it as failed."""
    journey.enter(Stage.DELIVERING)
    request = DeliveryRequest(
        closing=journey.facts,
        open_ticket=needs_ticket(journey.facts.status, journey.facts.urgency),
    )
    try:
        delivery = yield from run_child(context, Orchestrator.DELIVER, request, DeliveryResult)
    except StepFailed:
        journey.fail(DELIVERY_LOST)
        return
    journey.learn(timeline=[*journey.facts.timeline, *delivery.timeline])
    if delivery.failure is not None:
        journey.fail(delivery.failure)


def _conclude(journey: Journey) -> Steps[None]:
    """Record an end other than publication, and tell of it."""
    journey.enter(Stage.DELIVERING)
    facts = journey.facts
    if facts.refused is not None:
        request = QuarantineRequest(request=journey.request, refused=facts.refused)
        yield from journey.attempt(Activity.QUARANTINE_SOURCE, request, otherwise="not_set_aside")
    yield from journey.run(Activity.WRITE_RECORD, journey.facts, Done, retry=PATIENT)
    yield from journey.index(facts.status, Stage.DONE)
    yield from journey.attempt(Activity.ANNOUNCE_DOCUMENT, facts, otherwise="not_announced")
    yield from journey.attempt(Activity.NOTIFY_WEBHOOK, facts, otherwise="not_notified")
