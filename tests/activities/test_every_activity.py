from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from docflow.clients import Clients
from docflow.contracts import Activity
from docflow.errors import ConfigurationError, ErrorCode, PermanentError, TransientError
from docflow.models.checks import ChecksRequest
from docflow.models.delivery import CompensationRequest, QuarantineRequest
from docflow.models.files import ConfirmationRequest, InspectionRequest, Refused, UnpackRequest
from docflow.models.index import IndexEntry
from docflow.models.pages import PageRequest, PreparationRequest, TranscriptRequest
from docflow.models.payloads import Payload
from docflow.models.reviews import ReminderRequest, SettlementRequest
from docflow.models.summaries import CombineRequest, PartRequest
from docflow.models.urgency import UrgencyRequest
from docflow.settings import Settings
from testkit.examples import DOCUMENT_ID, REQUEST, SOURCE, RunRegistered, facts_of
from testkit.fakes import FixedClock

UNDO = CompensationRequest(document_id=DOCUMENT_ID, name="letter.pdf", reason="X")
PAYLOADS: dict[Activity, Payload] = {
    Activity.INSPECT_DOCUMENT: InspectionRequest(document_id=DOCUMENT_ID, source=SOURCE),
    Activity.PREPARE_PAGES: PreparationRequest(
        document_id=DOCUMENT_ID, content_type="application/pdf", pages=2
    ),
    Activity.UNPACK_MAIL: UnpackRequest(document_id=DOCUMENT_ID, name="mail.eml"),
    Activity.OCR_PAGE: PageRequest(document_id=DOCUMENT_ID, page=1),
    Activity.ASSEMBLE_TRANSCRIPT: TranscriptRequest(document_id=DOCUMENT_ID),
    Activity.SUMMARIZE_PART: PartRequest(document_id=DOCUMENT_ID, number=1, pages="1", whole=True),
    Activity.COMBINE_SUMMARIES: CombineRequest(
        document_id=DOCUMENT_ID, level=0, first=1, last=2, number=1, final=True
    ),
    Activity.JUDGE_URGENCY: UrgencyRequest(document_id=DOCUMENT_ID),
    Activity.CHECK_SUMMARY: ChecksRequest(document_id=DOCUMENT_ID),
    Activity.CONFIRM_SOURCE: ConfirmationRequest(document_id=DOCUMENT_ID, source=SOURCE),
    Activity.UPDATE_INDEX: IndexEntry.of(facts_of()),
    Activity.REMIND_REVIEWER: ReminderRequest(
        document_id=DOCUMENT_ID, name="letter.pdf", number=1, escalated=False, seconds_left=60
    ),
    Activity.SETTLE_DECISION: SettlementRequest(document_id=DOCUMENT_ID),
    Activity.OPEN_TICKET: facts_of(),
    Activity.CANCEL_TICKET: UNDO,
    Activity.WRITE_RECORD: facts_of(),
    Activity.WITHDRAW_RECORD: UNDO,
    Activity.ANNOUNCE_DOCUMENT: facts_of(),
    Activity.RETRACT_ANNOUNCEMENT: UNDO,
    Activity.NOTIFY_WEBHOOK: facts_of(),
    Activity.QUARANTINE_SOURCE: QuarantineRequest(
        request=REQUEST, refused=Refused(code="EMPTY_FILE", message="Empty.")
    ),
}


class Broken:
    """Any port at all; whatever is asked of it raises."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Any:
        def attempt(*_: object, **__: object) -> None:
            raise self._error

        return attempt


def broken_world(error: Exception) -> Clients:
    ports: dict[str, Any] = {field.name: Broken(error) for field in fields(Clients)}
    return Clients(**{**ports, "settings": Settings.load({}), "clock": FixedClock()})


def test_every_activity_is_tried_here() -> None:
    assert set(PAYLOADS) == set(Activity)


@pytest.mark.parametrize("activity", Activity)
def test_an_outage_is_a_deferral_with_the_pause_that_was_asked_for(
    run_registered: RunRegistered, activity: Activity
) -> None:
    away = TransientError(ErrorCode.MODEL_UNAVAILABLE, "It is away.", retry_after_seconds=12.5)

    reply = run_registered(activity, PAYLOADS[activity], broken_world(away))

    assert reply.dump() == {
        "deferred": {
            "code": "MODEL_UNAVAILABLE",
            "message": "It is away.",
            "retry_after_seconds": 12.5,
        }
    }


@pytest.mark.parametrize("activity", Activity)
@pytest.mark.parametrize(
    "error",
    [
        PermanentError(ErrorCode.MODEL_UNAUTHORIZED, "Grant it."),
        ConfigurationError("Set JIRA_TOKEN."),
    ],
    ids=lambda error: error.code,
)
def test_what_no_retry_can_heal_is_a_refusal(
    run_registered: RunRegistered, activity: Activity, error: PermanentError
) -> None:
    reply = run_registered(activity, PAYLOADS[activity], broken_world(error))

    assert reply.dump() == {"refused": {"code": error.code, "message": error.message}}


@pytest.mark.parametrize("activity", Activity)
def test_a_defect_fails_the_activity(run_registered: RunRegistered, activity: Activity) -> None:
    with pytest.raises(ZeroDivisionError):
        run_registered(activity, PAYLOADS[activity], broken_world(ZeroDivisionError()))
