from __future__ import annotations

from datetime import UTC, datetime

import pytest

from docflow.models.checks import CheckResult
from docflow.models.documents import FlowSettings
from docflow.models.files import Accepted
from docflow.models.pages import PageFailure, Transcript
from docflow.models.reviews import ApprovalDecision, ReviewOutcome
from docflow.models.states import Status, UrgencyLevel
from docflow.models.urgency import UrgencyDecision
from docflow.policy.routes import (
    choose_route,
    enough_was_read,
    needs_ticket,
    reading_failure,
    refuse_blank,
    status_after,
)

NORMAL = UrgencyDecision(level=UrgencyLevel.NORMAL, score=0.1, decided_by="model")


URGENT = UrgencyDecision(level=UrgencyLevel.URGENT, score=0.9, decided_by="model")


ALL_READ = Transcript(pages=4, pages_read=4, pages_failed=0, characters=900)


NOW = datetime(2026, 1, 5, tzinfo=UTC)


def review(*, approved: bool, urgency: UrgencyLevel | None = None) -> ReviewOutcome:
    decision = ApprovalDecision(approved=approved, urgency=urgency)
    return ReviewOutcome(decision=decision, decided_at=NOW, via="event")


def test_a_normal_document_that_was_read_whole_needs_nobody() -> None:
    checks = [CheckResult(name="quotes-found", passed=True)]

    assert not choose_route(NORMAL, ALL_READ, checks).review


def test_every_reason_for_a_review_is_named() -> None:
    partly = Transcript(
        pages=4,
        pages_read=2,
        pages_failed=1,
        pages_unread=1,
        characters=900,
        characters_unread=50,
    )
    checks = [CheckResult(name="legible", passed=False)]

    route = choose_route(URGENT, partly, checks)

    assert route.reasons == [
        "urgent",
        "pages-failed",
        "pages-unread",
        "text-unread",
        "check-failed:legible",
    ]


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (ReviewOutcome(), Status.EXPIRED),
        (review(approved=True), Status.PUBLISHED),
        (review(approved=False), Status.REJECTED),
    ],
)
def test_a_review_leads_to_its_end(outcome: ReviewOutcome, status: Status) -> None:
    assert status_after(outcome) is status


def test_only_what_is_urgent_becomes_a_ticket() -> None:
    assert needs_ticket(URGENT)
    assert not needs_ticket(NORMAL)
    assert not needs_ticket(None)


def test_a_document_goes_on_from_the_share_that_must_be_readable() -> None:
    flow = FlowSettings(min_readable_share=0.5)
    half = Transcript(pages=4, pages_read=2, pages_failed=2, characters=9)
    less = Transcript(pages=4, pages_read=1, pages_failed=3, characters=9)

    assert enough_was_read(half, flow)
    assert not enough_was_read(less, flow)


def test_pages_that_are_left_to_ocr_that_is_off_are_no_unreadable_ones() -> None:
    scans = Transcript(pages=4, pages_read=1, pages_failed=0, pages_unread=3, characters=9)

    assert enough_was_read(scans, FlowSettings(min_readable_share=1))


@pytest.mark.parametrize(("unread", "said"), [(0, "scan the document again"), (2, "turned off")])
def test_a_file_without_any_text_is_refused_with_what_to_do(unread: int, said: str) -> None:
    accepted = Accepted(content_type="application/pdf", sha256="ab", bytes=9, pages=2)
    blank = Transcript(
        pages=2, pages_read=2 - unread, pages_failed=0, pages_unread=unread, characters=0
    )

    refused = refuse_blank(accepted, blank)

    assert (refused.code, refused.bytes) == ("NO_TEXT", 9)
    assert said in refused.message


def test_an_outage_is_told_apart_from_unreadable_pages() -> None:
    none = Transcript(pages=2, pages_read=0, pages_failed=2, characters=0)

    away = reading_failure(none, [PageFailure(page=1, code="OCR_UNAVAILABLE")])
    rejected = reading_failure(none, [PageFailure(page=1, code="OCR_PAGE_REJECTED")])

    assert away.code == "OCR_UNAVAILABLE"
    assert rejected.code == "TOO_FEW_PAGES_READ"


def test_pages_beyond_a_limit_ask_for_no_better_copy() -> None:
    none = Transcript(pages=1, pages_read=0, pages_failed=1, characters=0)
    beyond = PageFailure(page=1, code="OCR_PAGE_TOO_LARGE", message="Use S0.")

    failure = reading_failure(none, [beyond])

    assert (failure.code, "better copy" in failure.message) == ("OCR_PAGE_TOO_LARGE", False)


def test_an_outage_says_what_is_to_be_mended() -> None:
    none = Transcript(pages=1, pages_read=0, pages_failed=1, characters=0)
    refused = PageFailure(page=1, code="OCR_UNAUTHORIZED", message="Check the key.")

    assert "Check the key." in reading_failure(none, [refused]).message
