from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from docflow.contracts import Orchestrator
from docflow.durable.steps import Reply, StepDeferral, StepRefusal
from docflow.models.checks import CheckResult, ChecksReport
from docflow.models.delivery import DeliveryResult
from docflow.models.documents import DocumentRequest, Failure, FlowSettings, RetryPolicy, Source
from docflow.models.files import Accepted, Confirmation, Inspection, Refused, Unpacked
from docflow.models.pages import PageFailure, PageRangeRead, PreparedPages, Transcript
from docflow.models.payloads import Done, Payload
from docflow.models.reviews import ApprovalDecision, Settlement, StoredDecision
from docflow.models.states import OcrMode, UrgencyLevel
from docflow.models.summaries import ModelStep
from docflow.models.urgency import UrgencyJudgement
from testkit.functions import orchestrator
from testkit.history import START, Action, History, Replayed, replay

HANDLE = orchestrator(Orchestrator.PROCESS_DOCUMENT)
FLOW = FlowSettings(
    retry=RetryPolicy(attempts=2, first_seconds=1, max_seconds=8),
    ocr_mode=OcrMode.NEVER,
    approval_timeout_seconds=3_600,
    approval_reminder_seconds=1_200,
    approval_escalation_seconds=2_000,
)
REQUEST = DocumentRequest(
    document_id="doc",
    source=Source(container="incoming", name="letter.pdf", etag="e1", bytes=10),
    received_at=START,
    flow=FLOW,
)
ACCEPTED = Accepted(content_type="application/pdf", sha256="ab", bytes=10, pages=25)
APPROVED = ApprovalDecision(approved=True, reviewer="r@example.com")
REJECTED = ApprovalDecision(approved=False)


def value(result: Payload) -> dict[str, Any]:
    return Reply(value=result.dump()).dump()


def stored(decision: ApprovalDecision | None) -> dict[str, Any]:
    return value(Settlement(stored=StoredDecision(decision=decision, decided_at=START)))


class Story(History):
    """The history of one document, told step by step."""

    def __init__(self, flow: FlowSettings = FLOW, request: DocumentRequest = REQUEST) -> None:
        request = request.model_copy(update={"flow": flow})
        super().__init__("process_document", request, instance_id="doc")

    def inspected(self) -> Story:
        self.completed("inspect_document", value(Inspection(outcome=ACCEPTED)))
        return self

    def read_by_text_layer(self) -> Story:
        self.inspected()
        self.completed("prepare_pages", value(PreparedPages(pages=25, text_layer=25)))
        return self.assembled()

    def assembled(self, failed: int = 0, characters: int = 900) -> Story:
        transcript = Transcript(
            pages=25,
            pages_read=25 - failed,
            pages_failed=failed,
            characters=characters,
            parts=["1-25"],
        )
        self.completed("assemble_transcript", value(transcript))
        return self

    def judged(self, level: UrgencyLevel, *checks: CheckResult) -> Story:
        self.child_completed("summarize_document", ModelStep().dump())
        self.completed("judge_urgency", value(UrgencyJudgement(level=level, score=0.7)))
        self.completed("check_summary", value(ChecksReport(checks=list(checks))))
        return self

    def waiting(self) -> Story:
        self.read_by_text_layer().judged(UrgencyLevel.URGENT)
        self.completed("update_index", value(Done()))
        return self

    def wait_timer(self) -> int:
        return self.timer_created(timedelta(seconds=FLOW.approval_reminder_seconds))

    def delivered(self, result: DeliveryResult) -> Story:
        self.child_completed("deliver", result.dump())
        return self

    def concluded(self) -> Story:
        for step in ("write_record", "update_index", "announce_document", "notify_webhook"):
            self.completed(step, value(Done()))
        return self

    def answer(self) -> Replayed:
        return replay(HANDLE, self)


def last(story: Story) -> Action:
    return story.answer().scheduled[-1]


def test_a_normal_document_is_published_without_anybody() -> None:
    story = Story().read_by_text_layer().judged(UrgencyLevel.NORMAL)
    story.delivered(DeliveryResult())

    answer = story.answer()

    assert answer.done
    assert answer.output == {"status": "published"}
    assert answer.names() == [
        "activity:inspect_document",
        "activity:prepare_pages",
        "activity:assemble_transcript",
        "child:summarize_document",
        "activity:judge_urgency",
        "activity:check_summary",
        "child:deliver",
    ]


def test_the_mode_of_ocr_is_that_of_the_start() -> None:
    assert last(Story().inspected()).input["ocr_mode"] == "never"


def test_pages_that_need_ocr_are_read_in_ranges_that_start_together() -> None:
    story = Story().inspected()
    story.completed("prepare_pages", value(PreparedPages(pages=25, ocr="2-24", text_layer=2)))

    answer = story.answer()

    assert [a.input["pages"] for a in answer.scheduled if a.kind == "child"] == [
        "2-11",
        "12-21",
        "22-24",
    ]
    assert answer.status["pages"] == {"done": 2, "total": 25, "ocr": 23}


def test_progress_counts_the_ranges_that_have_ended() -> None:
    story = Story().inspected()
    story.completed("prepare_pages", value(PreparedPages(pages=25, ocr="2-24", text_layer=2)))
    story.child_completed("read_pages", *[PageRangeRead(read=10).dump()] * 2)

    assert story.answer().status["pages"] == {"done": 22, "total": 25, "ocr": 23}


class LongStory(Story):
    """The history of a document with more scanned pages than may be in flight."""

    def __init__(self, ocr: str) -> None:
        super().__init__(FLOW.model_copy(update={"pages_in_flight": 20}))
        self.inspected()
        self.completed("prepare_pages", value(PreparedPages(pages=50, ocr=ocr, text_layer=5)))

    def waves(self) -> list[str]:
        return [a.input["pages"] for a in self.answer().scheduled if a.kind == "child"]


def test_a_long_document_is_read_in_waves_one_after_the_other() -> None:
    story = LongStory("6-50")
    assert story.waves() == ["6-25"]

    story.child_completed("read_pages", PageRangeRead(read=20).dump())
    assert story.waves() == ["6-25", "26-45"]
    assert story.answer().status["pages"] == {"done": 5 + 20, "total": 50, "ocr": 45}

    story.child_completed("read_pages", PageRangeRead(read=20).dump())
    assert story.waves() == ["6-25", "26-45", "46-50"]


def test_the_failures_of_every_wave_reach_the_transcript() -> None:
    story = LongStory("6-50")
    failures = [PageFailure(page=n, code="OCR_PAGE_REJECTED") for n in (7, 33, 50)]
    for failure, pages in zip(failures, (20, 20, 5), strict=True):
        read = PageRangeRead(read=pages - 1, failures=[failure])
        story.child_completed("read_pages", read.dump())

    assert last(story).input["failures"] == [failure.dump() for failure in failures]


def test_as_many_pages_as_may_be_in_flight_go_at_once() -> None:
    assert LongStory("6-25").waves() == ["6-15", "16-25"]


def test_pages_that_failed_reach_the_transcript_and_lead_to_a_review() -> None:
    failure = PageFailure(page=2, code="OCR_PAGE_REJECTED")
    story = Story().inspected()
    story.completed("prepare_pages", value(PreparedPages(pages=25, ocr="2", text_layer=24)))
    story.child_completed("read_pages", PageRangeRead(read=0, failures=[failure]).dump())

    assert last(story).input["failures"] == [failure.dump()]

    story.assembled(failed=1).judged(UrgencyLevel.NORMAL)
    assert last(story).input["review_reasons"] == ["pages-failed"]


def test_a_document_that_could_hardly_be_read_fails_with_the_reason() -> None:
    failures = [PageFailure(page=n, code="OCR_UNAVAILABLE") for n in range(1, 26)]
    story = Story().inspected()
    story.completed("prepare_pages", value(PreparedPages(pages=25, ocr="1-25")))
    story.child_completed(
        "read_pages",
        PageRangeRead(read=0, failures=failures[:10]).dump(),
        PageRangeRead(read=0, failures=failures[10:20]).dump(),
        PageRangeRead(read=0, failures=failures[20:]).dump(),
    )
    story.assembled(failed=25, characters=0)

    record = last(story)

    assert record.name == "write_record"
    assert record.input["status"] == "failed"
    assert record.input["error"]["code"] == "OCR_UNAVAILABLE"


def test_a_refused_file_ends_in_quarantine_and_is_recorded() -> None:
    refused = Refused(code="ENCRYPTED", message="Remove the password and upload it again.")
    story = Story()
    story.completed("inspect_document", value(Inspection(outcome=refused)))
    story.completed("quarantine_source", value(Done()))
    story.concluded()

    answer = story.answer()

    assert answer.output == {"status": "quarantined"}
    assert answer.names() == [
        "activity:inspect_document",
        "activity:quarantine_source",
        "activity:write_record",
        "activity:update_index",
        "activity:announce_document",
        "activity:notify_webhook",
    ]


MAIL = ACCEPTED.model_copy(update={"content_type": "message/rfc822"})


def test_the_attachments_of_a_mail_are_unpacked_before_it_is_read() -> None:
    story = Story()
    story.completed("inspect_document", value(Inspection(outcome=MAIL)))
    assert last(story).name == "unpack_mail"
    assert last(story).input == {"document_id": "doc", "name": "letter.pdf"}

    story.completed("unpack_mail", value(Unpacked(attachments=2)))
    assert last(story).name == "prepare_pages"


def test_files_left_out_of_attached_mails_fail_a_check_and_ask_for_a_review() -> None:
    story = Story()
    story.completed("inspect_document", value(Inspection(outcome=MAIL)))
    story.completed("unpack_mail", value(Unpacked(attachments=2, left_out=3)))
    story.completed("prepare_pages", value(PreparedPages(pages=25, text_layer=25)))
    story.assembled().judged(UrgencyLevel.NORMAL)

    entry = last(story)

    assert entry.name == "update_index"
    assert entry.input["status"] == "waiting"
    assert entry.input["review_reasons"] == ["check-failed:attachments-complete"]


BOMB = Failure(code="UNREADABLE", message="A bomb.")


def test_a_file_that_turns_out_to_be_unreadable_ends_in_quarantine() -> None:
    story = Story().inspected()
    story.completed("prepare_pages", value(PreparedPages(pages=0, refused=BOMB)))
    assert last(story).name == "quarantine_source"
    assert last(story).input["refused"] == {
        "kind": "refused",
        "code": "UNREADABLE",
        "message": "A bomb.",
        "content_type": "application/pdf",
        "sha256": "ab",
        "bytes": 10,
    }

    story.completed("quarantine_source", value(Done()))
    story.concluded()
    assert story.answer().output == {"status": "quarantined"}


def test_so_does_a_mail_that_cannot_be_unpacked() -> None:
    story = Story()
    story.completed("inspect_document", value(Inspection(outcome=MAIL)))
    story.completed("unpack_mail", value(Unpacked(attachments=0, refused=BOMB)))

    assert last(story).input["refused"]["code"] == "UNREADABLE"


def test_those_of_an_attached_mail_stay_in_it() -> None:
    source = REQUEST.source.model_copy(update={"parent": "0" * 32})
    story = Story(request=REQUEST.model_copy(update={"source": source}))
    story.completed("inspect_document", value(Inspection(outcome=MAIL)))

    assert last(story).name == "prepare_pages"


def test_a_file_without_any_text_ends_in_quarantine() -> None:
    story = Story().inspected()
    story.completed("prepare_pages", value(PreparedPages(pages=25, empty=25)))
    story.assembled(characters=0)

    assert last(story).input["refused"]["code"] == "NO_TEXT"


def test_an_urgent_document_waits_and_is_approved() -> None:
    story = Story().waiting()
    assert story.answer().names()[-2:] == ["event:ApprovalDecision", "timer"]
    assert story.answer().status["stage"] == "waiting_for_review"

    story.wait_timer()
    story.raised("ApprovalDecision", APPROVED.model_dump(exclude_none=True))
    assert last(story).input["candidate"]["decision"] == {
        "approved": True,
        "reviewer": "r@example.com",
    }
    assert [a.cancelled for a in story.answer().scheduled if a.kind == "timer"] == [True]

    story.completed("settle_decision", stored(APPROVED))
    story.completed("update_index", value(Done()))
    deliver = last(story)
    assert (deliver.name, deliver.input["open_ticket"]) == ("deliver", True)

    story.delivered(DeliveryResult())
    assert story.answer().output == {"status": "published"}


DROPPED = REQUEST.model_copy(
    update={"source": REQUEST.source.model_copy(update={"created_at": START})}
)
GROWN = Refused(code="SOURCE_CHANGED", message="It grew.", successor="newer")


def approved(request: DocumentRequest) -> Story:
    story = Story(request=request).waiting()
    story.wait_timer()
    story.raised("ApprovalDecision", APPROVED.model_dump(exclude_none=True))
    story.completed("settle_decision", stored(APPROVED))
    story.completed("update_index", value(Done()))
    return story


def test_a_dropped_file_is_looked_at_again_after_its_review() -> None:
    story = approved(DROPPED)
    confirm = last(story)
    assert confirm.name == "confirm_source"
    assert confirm.input["source"]["etag"] == "e1"

    story.completed("confirm_source", value(Confirmation()))
    assert last(story).name == "deliver"


def test_a_file_that_grew_during_its_review_ends_in_quarantine() -> None:
    story = approved(DROPPED)
    story.completed("confirm_source", value(Confirmation(refused=GROWN)))

    assert last(story).name == "quarantine_source"
    story.completed("quarantine_source", value(Done()))
    assert last(story).input["refused"]["successor"] == "newer"
    assert story.concluded().answer().output == {"status": "quarantined"}


def test_a_file_that_grew_while_it_was_read_ends_in_quarantine() -> None:
    story = Story(request=DROPPED).read_by_text_layer()
    story.child_completed("summarize_document", ModelStep().dump())
    story.completed("judge_urgency", value(UrgencyJudgement(level=UrgencyLevel.NORMAL, score=0.1)))
    assert last(story).input["source"]["etag"] == "e1"

    story.completed("check_summary", value(ChecksReport(refused=GROWN)))

    assert last(story).name == "quarantine_source"


@pytest.mark.parametrize("via", ["http", "reprocess"])
def test_a_file_that_nobody_writes_to_is_not_looked_at_again(via: str) -> None:
    story = approved(DROPPED.model_copy(update={"via": via}))

    assert last(story).name == "deliver"


def test_a_rejected_document_is_recorded_and_not_delivered() -> None:
    story = Story().waiting()
    story.wait_timer()
    story.raised("ApprovalDecision", {"approved": False})
    story.completed("settle_decision", stored(REJECTED))
    story.completed("update_index", value(Done()))
    story.concluded()

    answer = story.answer()

    assert answer.output == {"status": "rejected"}
    assert "child:deliver" not in answer.names()


def test_the_python_clients_doubly_encoded_decision_is_understood() -> None:
    story = Story().waiting()
    story.wait_timer()
    story.raised("ApprovalDecision", json.dumps({"approved": True}))

    assert last(story).input["candidate"]["decision"] == {"approved": True}


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        [],
        "approved",
        7,
        {"approved": "yes"},
        {"approved": 1},
        {"approved": True, "colour": "red"},
        {"approved": True, "urgency": "later"},
        {"approved": True, "summary": []},
        {"__class__": "Path", "__module__": "pathlib", "__data__": "/"},
        {"approved": {"__class__": "Path", "__module__": "pathlib", "__data__": "/"}},
        "[" * 100_000,
    ],
)
def test_a_malformed_decision_neither_ends_nor_decides_anything(body: object) -> None:
    story = Story().waiting()
    story.wait_timer()
    story.raised("ApprovalDecision", body)

    settle = last(story)
    assert settle.name == "settle_decision"
    assert "candidate" not in settle.input

    story.completed("settle_decision", value(Settlement()))
    answer = story.answer()
    assert not answer.done
    assert answer.names()[-2:] == ["event:ApprovalDecision", "timer"]
    assert answer.status["review"]["invalidDecisions"] == 1

    story.wait_timer()
    story.raised("ApprovalDecision", {"approved": True})
    assert last(story).input["candidate"]["decision"] == {"approved": True}


def test_a_reminder_is_sent_and_the_wait_goes_on() -> None:
    story = Story().waiting()
    timer = story.wait_timer()
    story.timer_fired(timer, timedelta(seconds=1_200))
    story.completed("settle_decision", value(Settlement()))

    reminder = last(story)
    assert (reminder.name, reminder.input["number"]) == ("remind_reviewer", 1)
    assert not reminder.input["escalated"]

    story.completed("remind_reviewer", value(Done()))
    answer = story.answer()
    assert answer.names()[-1] == "timer"
    assert answer.status["review"]["reminders"] == 1


def test_reminders_are_escalated_when_nobody_acts() -> None:
    story = Story().waiting()
    for _ in range(2):
        timer = story.wait_timer()
        story.timer_fired(timer, timedelta(seconds=1_200))
        story.completed("settle_decision", value(Settlement()))
        story.completed("remind_reviewer", value(Done()))

    reminders = [a.input for a in story.answer().scheduled if a.name == "remind_reviewer"]

    assert [r["escalated"] for r in reminders] == [False, True]


def test_a_document_expires_when_the_deadline_passes() -> None:
    story = Story().waiting()
    for _ in range(2):
        timer = story.wait_timer()
        story.timer_fired(timer, timedelta(seconds=1_200))
        story.completed("settle_decision", value(Settlement()))
        story.completed("remind_reviewer", value(Done()))
    timer = story.wait_timer()
    story.timer_fired(timer, timedelta(seconds=1_200))

    assert last(story).input["candidate"].get("decision") is None

    story.completed("settle_decision", stored(None))
    story.completed("update_index", value(Done()))
    story.concluded()
    assert story.answer().output == {"status": "expired"}


def test_a_decision_stored_by_the_api_counts_though_its_event_was_lost() -> None:
    story = Story().waiting()
    timer = story.wait_timer()
    story.timer_fired(timer, timedelta(seconds=1_200))
    story.completed("settle_decision", stored(APPROVED))
    story.completed("update_index", value(Done()))

    deliver = last(story)

    assert deliver.name == "deliver"
    assert deliver.input["facts"]["review"]["via"] == "api"


def test_a_decision_stored_before_the_deadline_wins_over_expiry() -> None:
    story = Story().waiting()
    timer = story.wait_timer()
    story.timer_fired(timer, timedelta(seconds=3_600))
    story.completed("settle_decision", stored(APPROVED))
    story.completed("update_index", value(Done()))

    assert last(story).name == "deliver"


def test_a_second_decision_changes_nothing() -> None:
    story = Story().waiting()
    story.wait_timer()
    story.raised("ApprovalDecision", {"approved": True})
    with pytest.warns(UserWarning, match="Potential duplicate"):
        story.raised("ApprovalDecision", {"approved": False})
        assert story.answer().names()[-1] == "activity:settle_decision"
        story.completed("settle_decision", stored(APPROVED))
        story.completed("update_index", value(Done()))

        assert last(story).input["facts"]["review"]["decision"]["approved"] is True


def test_a_decision_that_came_before_the_wait_is_not_lost() -> None:
    story = Story().inspected()
    with pytest.warns(UserWarning, match="Potential duplicate"):
        story.raised("ApprovalDecision", {"approved": True})
        story.completed("prepare_pages", value(PreparedPages(pages=25, text_layer=25)))
        story.assembled().judged(UrgencyLevel.URGENT)
        story.completed("update_index", value(Done()))

        answer = story.answer()

    assert answer.names()[-1] == "activity:settle_decision"


def test_of_the_events_before_the_wait_the_first_valid_one_counts() -> None:
    story = Story().inspected()
    with pytest.warns(UserWarning, match="Potential duplicate"):
        story.raised("ApprovalDecision", "nonsense")
        story.raised("ApprovalDecision", {"approved": False, "comment": "first"})
        story.raised("ApprovalDecision", {"approved": True})
        story.raised("ApprovalDecision", {})
        story.completed("prepare_pages", value(PreparedPages(pages=25, text_layer=25)))
        story.assembled().judged(UrgencyLevel.URGENT)
        story.completed("update_index", value(Done()))
        story.wait_timer()
        story.completed("settle_decision", value(Settlement()))

        decision = last(story).input["candidate"]["decision"]

    assert (decision["approved"], decision["comment"]) == (False, "first")


def test_a_deferred_step_is_tried_again_after_a_pause() -> None:
    story = Story()
    busy = Reply(deferred=StepDeferral(code="STORAGE_UNAVAILABLE", message="busy")).dump()
    story.completed("inspect_document", busy)
    assert last(story).kind == "timer"

    timer = story.timer_created(timedelta(seconds=1))
    story.timer_fired(timer, timedelta(seconds=1))
    assert story.answer().names() == [
        "activity:inspect_document",
        "timer",
        "activity:inspect_document",
    ]


@pytest.mark.parametrize("crashed", [True, False])
def test_a_step_that_fails_for_good_ends_the_document_not_the_orchestration(crashed: bool) -> None:
    story = Story()
    if crashed:
        story.failed("inspect_document")
        timer = story.timer_created(timedelta(seconds=1))
        story.timer_fired(timer, timedelta(seconds=1))
        story.failed("inspect_document")
    else:
        refusal = StepRefusal(code="STORAGE_UNAUTHORIZED", message="Grant the role.")
        story.completed("inspect_document", Reply(refused=refusal).dump())

    record = last(story)
    assert (record.name, record.input["status"]) == ("write_record", "failed")

    story.concluded()
    assert story.answer().output == {"status": "failed"}


def test_a_model_that_declines_ends_the_document_as_failed() -> None:
    story = Story().read_by_text_layer()
    declined = ModelStep(blocked_code="CONTENT_FILTERED", blocked_message="Filtered.")
    story.child_completed("summarize_document", declined.dump())

    assert last(story).input["error"]["code"] == "CONTENT_FILTERED"


def test_a_part_that_crashes_ends_the_document_as_failed() -> None:
    story = Story().read_by_text_layer()
    story.child_failed("summarize_document")

    assert last(story).input["status"] == "failed"


def test_a_delivery_that_was_undone_ends_the_document_as_failed() -> None:
    story = Story().read_by_text_layer().judged(UrgencyLevel.NORMAL)
    story.delivered(
        DeliveryResult(failure=Failure(code="DELIVERY_FAILED", message="The webhook said no."))
    )
    record = last(story)
    assert record.input["error"]["code"] == "DELIVERY_FAILED"

    story.concluded()
    assert story.answer().output == {"status": "failed"}


def test_a_delivery_that_crashes_ends_the_document_not_the_orchestration() -> None:
    story = Story().read_by_text_layer().judged(UrgencyLevel.NORMAL)
    story.child_failed("deliver")
    record = last(story)
    assert (record.name, record.input["status"]) == ("write_record", "failed")
    assert record.input["error"]["code"] == "DELIVERY_FAILED"

    story.concluded()
    assert story.answer().output == {"status": "failed"}


def test_a_notification_that_fails_does_not_change_an_end() -> None:
    refused = Refused(code="EMPTY_FILE", message="Upload it again.")
    story = Story()
    story.completed("inspect_document", value(Inspection(outcome=refused)))
    for step in ("quarantine_source", "write_record", "update_index", "announce_document"):
        story.completed(step, value(Done()))
    refusal = StepRefusal(code="WEBHOOK_REJECTED", message="no")
    story.completed("notify_webhook", Reply(refused=refusal).dump())

    assert story.answer().output == {"status": "quarantined"}


def test_no_document_text_and_no_content_can_stand_in_the_payloads() -> None:
    names = {
        name
        for model in (Inspection, PreparedPages, PageRangeRead, Transcript, ModelStep)
        for name in json.dumps(model.model_json_schema()).split('"')
    }

    assert names.isdisjoint({"text", "words", "bullets", "quote", "content", "answer"})
