"""Which way a document goes: on to delivery, to a person, or to another end, and why."""

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
    message="The delivery ended abnormally and may be half done. Look for a ticket of this "
    "document, then reprocess it.",
)
"""A delivery that could not even undo itself: it was terminated, or met a defect."""


def enough_was_read(transcript: Transcript, flow: FlowSettings) -> bool:
    """Tell whether enough of the pages could be read for the document to go on."""
    if transcript.pages == 0:
        return False
    # What OCR_MODE leaves unread is the operator's own choice, and for a reviewer to see.
    readable = transcript.pages_read + transcript.pages_unread
    return readable / transcript.pages >= flow.min_readable_share


def choose_route(
    urgency: UrgencyDecision, transcript: Transcript, checks: Sequence[CheckResult]
) -> Route:
    """Decide whether a person must look before delivery, and why."""
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
    reasons += [f"check-failed:{check.name}" for check in checks if not check.passed]
    return Route(review=bool(reasons), reasons=reasons)


def status_after(review: ReviewOutcome | None) -> Status:
    """Give the end that a review leads to; no review leads to publication."""
    if review is None:
        return Status.PUBLISHED
    if review.decision is None:
        return Status.EXPIRED
    return Status.PUBLISHED if review.decision.approved else Status.REJECTED


def needs_ticket(status: Status, urgency: UrgencyDecision | None) -> bool:
    """Decide whether somebody gets an issue: only for what is urgent and goes out."""
    return (
        status is Status.PUBLISHED and urgency is not None and urgency.level is UrgencyLevel.URGENT
    )


def reading_failure(transcript: Transcript, failures: Sequence[PageFailure]) -> Failure:
    """Name the reason why too little of a document could be read.

    Where the service was away the document is parked under that code, since a later attempt can
    finish it; where pages themselves are unreadable it takes a better copy.
    """
    away = next((f for f in failures if f.code != ErrorCode.OCR_PAGE_REJECTED), None)
    read = f"{transcript.pages_read} of {transcript.pages} pages could be read"
    if away is not None:
        message = f"{read}. {away.message} Reprocess the document when that is mended."
        return Failure(code=away.code, message=message)
    return Failure(
        code=ErrorCode.TOO_FEW_PAGES_READ, message=f"{read}. Send a better copy of the file."
    )


def refuse_blank(accepted: Accepted, transcript: Transcript) -> Refused:
    """Refuse a file that turned out to hold no text at all."""
    if transcript.pages_unread:
        message = "Only OCR could read this file, and it is turned off. Send a file with text."
    else:
        message = (
            "No text was found on any page. Check that the right file was sent, or scan again."
        )
    return Refused(
        code=ErrorCode.NO_TEXT,
        message=message,
        content_type=accepted.content_type,
        sha256=accepted.sha256,
        bytes=accepted.bytes,
    )


def refuse_unreadable(accepted: Accepted, failure: Failure) -> Refused:
    """Refuse a file that was taken at first and could not be read in the end."""
    return Refused(
        code=failure.code,
        message=failure.message,
        content_type=accepted.content_type,
        sha256=accepted.sha256,
        bytes=accepted.bytes,
    )
