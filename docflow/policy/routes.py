"""The route of a document: delivery, review, or another end, and the reasons."""

from __future__ import annotations

from collections.abc import Sequence

from docflow.errors import ErrorCode
from docflow.models.checks import CheckResult, Route
from docflow.models.documents import Failure, FlowSettings
from docflow.models.files import Accepted, Refused
from docflow.models.pages import PageFailure, Transcript
from docflow.models.reviews import ReviewOutcome
from docflow.models.states import Status, UrgencyLevel
from docflow.models.urgency import UrgencyDecision

DELIVERY_LOST = Failure(
    code=ErrorCode.DELIVERY_FAILED,
    message="The delivery ended abnormally and may be incomplete. Check whether there is a ticket "
    "for this document, then reprocess the document.",
)
"""For a delivery that could not run its compensations: it was terminated or has a defect."""


def enough_was_read(transcript: Transcript, flow: FlowSettings) -> bool:
    """Return whether enough pages were read to process the document further."""
    if transcript.pages == 0:
        return False
    # Pages that OCR did not read because of OCR_MODE, or of the tier of the service, are the
    # operator's choice; a reviewer sees them.
    readable = transcript.pages_read + transcript.pages_unread + transcript.pages_missing
    return readable / transcript.pages >= flow.min_readable_share


def choose_route(
    urgency: UrgencyDecision, transcript: Transcript, checks: Sequence[CheckResult]
) -> Route:
    """Return whether the document needs a review before delivery, and the reasons."""
    reasons = [
        reason
        for reason, applies in (
            ("urgent", urgency.level is UrgencyLevel.URGENT),
            ("pages-failed", transcript.pages_failed > 0),
            ("pages-unread", transcript.pages_unread > 0),
            ("text-unread", transcript.characters_unread > 0),
        )
        if applies
    ]
    reasons += urgency.doubts
    reasons += [f"check-failed:{check.name}" for check in checks if not check.passed]
    return Route(review=bool(reasons), reasons=reasons)


def attachment_checks(left_out: int | None) -> list[CheckResult]:
    """Return a failed check for files attached to attached mails that became no documents."""
    if not left_out:
        return []
    detail = f"{left_out} files attached to attached mails are left out: too many, or too deep"
    return [CheckResult(name="attachments-complete", passed=False, detail=detail)]


def status_after(review: ReviewOutcome) -> Status:
    """Return the status of a document after its review."""
    if review.decision is None:
        return Status.EXPIRED
    return Status.PUBLISHED if review.decision.approved else Status.REJECTED


def needs_ticket(urgency: UrgencyDecision | None) -> bool:
    """Return whether a published document gets an issue: only an urgent document does."""
    return urgency is not None and urgency.level is UrgencyLevel.URGENT


def reading_failure(transcript: Transcript, failures: Sequence[PageFailure]) -> Failure:
    """Return the reason why too few pages of a document were read.

    If OCR failed, the failure has the code of OCR, because a later attempt can succeed. If the
    pages are unreadable, only a better copy of the file can help.
    """
    outage = next((f for f in failures if f.code != ErrorCode.OCR_PAGE_REJECTED), None)
    read = f"{transcript.pages_read} of {transcript.pages} pages could be read"
    if outage is not None:
        message = f"{read}. {outage.message} Reprocess the document when this is corrected."
        return Failure(code=outage.code, message=message)
    return Failure(
        code=ErrorCode.TOO_FEW_PAGES_READ, message=f"{read}. Send a better copy of the file."
    )


def refuse_blank(accepted: Accepted, transcript: Transcript) -> Refused:
    """Return the refusal of a file without text."""
    if transcript.pages_unread:
        message = "This file can only be read with OCR, which is turned off. Send a file with text."
    else:
        message = (
            "No page has text. Check that you sent the right file, or scan the document again."
        )
    return Refused(
        code=ErrorCode.NO_TEXT,
        message=message,
        content_type=accepted.content_type,
        sha256=accepted.sha256,
        bytes=accepted.bytes,
    )


def refuse_unreadable(accepted: Accepted, failure: Failure) -> Refused:
    """Return the refusal of a file that was accepted at first but cannot be read."""
    return Refused(
        code=failure.code,
        message=failure.message,
        content_type=accepted.content_type,
        sha256=accepted.sha256,
        bytes=accepted.bytes,
    )
