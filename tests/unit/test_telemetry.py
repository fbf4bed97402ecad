from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from docflow.contracts import Activity, Container
from docflow.durable.steps import Reply
from docflow.errors import ErrorCode, PermanentError, TransientError
from docflow.models.checks import ChecksRequest
from docflow.models.delivery import CompensationRequest, QuarantineRequest
from docflow.models.facts import DocumentFacts
from docflow.models.files import (
    Accepted,
    ConfirmationRequest,
    InspectionRequest,
    Refused,
    UnpackRequest,
)
from docflow.models.index import IndexEntry
from docflow.models.outputs import ModelAnswer, SummaryAnswer, UrgencyAnswer
from docflow.models.pages import PageRequest, PreparationRequest, Transcript, TranscriptRequest
from docflow.models.payloads import Payload
from docflow.models.reviews import (
    ApprovalDecision,
    ReminderRequest,
    ReviewOutcome,
    SettlementRequest,
    StoredDecision,
)
from docflow.models.states import UrgencyLevel
from docflow.models.summaries import CombineRequest, PartRequest
from docflow.models.urgency import UrgencyDecision, UrgencyRequest
from docflow.settings import Settings
from docflow.telemetry import configure, log_event, span
from testkit.examples import DOCUMENT_ID, REQUEST, SOURCE, SUMMARY, URGENT, bullet, facts_of
from testkit.fakes import (
    START,
    FakeFileParser,
    FixedClock,
    RecordingNotifier,
    ScriptedModel,
    ScriptedOcr,
    failing,
    fake_clients,
)
from testkit.functions import registered_activities

SECRET = "the-patient-has-4711"
SAID = SUMMARY.model_copy(
    update={"title": SECRET, "bullets": [bullet(SECRET, 1, SECRET)], "draft_reply": SECRET}
)
JUDGED = URGENT.model_copy(update={"reasons": [SECRET]})
DECISION = ApprovalDecision(approved=True, reviewer="r", comment=SECRET, summary=[SECRET])
URGENCY = UrgencyDecision(level=UrgencyLevel.URGENT, score=0.9, decided_by="model")
UNDO = CompensationRequest(document_id=DOCUMENT_ID, name="letter.pdf", reason="X")


@pytest.fixture(scope="module")
def meters() -> InMemoryMetricReader:
    reader = InMemoryMetricReader()
    metrics.set_meter_provider(MeterProvider(metric_readers=[reader]))
    return reader


@pytest.fixture(scope="module")
def exporter() -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return exporter


@pytest.fixture
def spans(exporter: InMemorySpanExporter) -> InMemorySpanExporter:
    exporter.clear()
    return exporter


@pytest.fixture(autouse=True)
def level() -> Iterator[None]:
    logger = logging.getLogger("docflow")
    before = logger.level
    logger.setLevel(logging.INFO)
    yield
    logger.setLevel(before)


class World:
    """One document and what answers its steps, through the functions that the worker knows."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock = FixedClock()
        self.clients = fake_clients(
            parser=FakeFileParser([f"{SECRET} on paper", None, None]),
            ocr=ScriptedOcr(
                {3: PermanentError(ErrorCode.OCR_PAGE_REJECTED, "No image.")}, default=SECRET
            ),
            model=ScriptedModel(
                {
                    "summarize": lambda _data: self.slowly(SAID),
                    "judge_urgency": lambda _data: self.slowly(JUDGED),
                }
            ),
            clock=self.clock,
        )
        self.functions = registered_activities()
        monkeypatch.setattr("activities.current_clients", lambda: self.clients)

    def slowly(self, answer: ModelAnswer) -> SummaryAnswer | UrgencyAnswer:
        self.clock.advance(seconds=1.5)
        assert isinstance(answer, SummaryAnswer | UrgencyAnswer)
        return answer

    def run(self, activity: Activity, payload: Payload) -> Reply:
        return Reply.load(self.functions[activity](payload.dump()))

    def run_all(self) -> None:
        for activity, payload in self.steps():
            reply = self.run(activity, payload)
            assert reply.value is not None, (activity, reply)

    def steps(self) -> list[tuple[Activity, Payload]]:
        etag = self.clients.store.write(
            Container.INCOMING, "letter.pdf", SECRET.encode(), content_type="text/plain"
        )
        source = SOURCE.model_copy(update={"etag": etag})
        end = ended()
        candidate = StoredDecision(decision=DECISION, decided_at=START)
        part = PartRequest(
            document_id=DOCUMENT_ID, name="letter.pdf", number=1, pages="1-3", whole=True
        )
        return [
            (
                Activity.INSPECT_DOCUMENT,
                InspectionRequest(document_id=DOCUMENT_ID, source=source),
            ),
            (
                Activity.PREPARE_PAGES,
                PreparationRequest(
                    document_id=DOCUMENT_ID, content_type="application/pdf", pages=3
                ),
            ),
            (Activity.OCR_PAGE, PageRequest(document_id=DOCUMENT_ID, page=2)),
            (Activity.OCR_PAGE, PageRequest(document_id=DOCUMENT_ID, page=3)),
            (
                Activity.ASSEMBLE_TRANSCRIPT,
                TranscriptRequest(document_id=DOCUMENT_ID, ocr="2-3"),
            ),
            (Activity.SUMMARIZE_PART, part),
            (
                Activity.COMBINE_SUMMARIES,
                CombineRequest(
                    document_id=DOCUMENT_ID, level=0, first=1, last=1, number=1, final=True
                ),
            ),
            (Activity.JUDGE_URGENCY, UrgencyRequest(document_id=DOCUMENT_ID, name="letter.pdf")),
            (Activity.CHECK_SUMMARY, ChecksRequest(document_id=DOCUMENT_ID)),
            (
                Activity.CONFIRM_SOURCE,
                ConfirmationRequest(document_id=DOCUMENT_ID, source=end.request.source),
            ),
            (Activity.UPDATE_INDEX, IndexEntry.of(end)),
            (
                Activity.REMIND_REVIEWER,
                ReminderRequest(
                    document_id=DOCUMENT_ID,
                    name="letter.pdf",
                    number=1,
                    escalated=False,
                    seconds_left=9,
                ),
            ),
            (Activity.UNPACK_MAIL, UnpackRequest(document_id=DOCUMENT_ID, name="letter.pdf")),
            (
                Activity.SETTLE_DECISION,
                SettlementRequest(document_id=DOCUMENT_ID, candidate=candidate),
            ),
            (Activity.OPEN_TICKET, end),
            (Activity.WRITE_RECORD, end),
            (Activity.ANNOUNCE_DOCUMENT, end),
            (Activity.NOTIFY_WEBHOOK, end),
            (Activity.RETRACT_ANNOUNCEMENT, UNDO),
            (Activity.WITHDRAW_RECORD, UNDO),
            (Activity.CANCEL_TICKET, UNDO),
            (
                Activity.QUARANTINE_SOURCE,
                QuarantineRequest(request=REQUEST, refused=Refused(code="X", message="m")),
            ),
        ]


def ended() -> DocumentFacts:
    return facts_of(
        accepted=Accepted(content_type="application/pdf", sha256="ab", bytes=9, pages=3),
        transcript=Transcript(pages=3, pages_read=2, pages_failed=1, characters=50),
        urgency=URGENCY,
        review=ReviewOutcome(decision=DECISION, decided_at=START, via="event"),
    )


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


def measured(reader: InMemoryMetricReader) -> dict[tuple[str, str], float]:
    """Give counts and sums of what was measured so far, by name and attributes."""
    data = reader.get_metrics_data()
    totals: dict[tuple[str, str], float] = {}
    for resource in data.resource_metrics if data else []:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                for point in metric.data.data_points:
                    kind = ",".join(str(v) for v in (point.attributes or {}).values())
                    amount = getattr(point, "value", getattr(point, "sum", 0))
                    totals[metric.name, kind] = float(amount or 0)
    return totals


def test_the_steps_here_are_all_there_are(world: World) -> None:
    assert {activity for activity, _ in world.steps()} == set(Activity)


def test_document_text_prompts_and_answers_never_reach_a_log(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        world.run_all()

    assert caplog.records
    assert SECRET not in caplog.text
    assert not any(SECRET in json.dumps(r.__dict__, default=str) for r in caplog.records)


def test_every_line_is_json_with_the_ids(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.run_all()
    world.run(Activity.OCR_PAGE, PageRequest(document_id=DOCUMENT_ID, page=99))

    lines: list[dict[str, Any]] = [
        json.loads(record.getMessage()) for record in caplog.records if record.name == "docflow"
    ]
    assert {line["event"] for line in lines} == {"document_ended", "step_refused"}
    assert {line["documentId"] for line in lines} == {DOCUMENT_ID}
    assert {line["instanceId"] for line in lines} == {DOCUMENT_ID}


def test_a_document_is_measured(world: World, meters: InMemoryMetricReader) -> None:
    before = measured(meters)

    world.run_all()

    after = measured(meters)
    grown = {key: after[key] - before.get(key, 0) for key in after}
    assert grown["docflow.documents", "published"] == 1
    assert grown["docflow.documents.urgent", ""] == 1
    assert grown["docflow.ocr.pages", ""] == 1
    assert grown["docflow.model.latency", "summarize"] == pytest.approx(1.5)
    assert grown["docflow.model.latency", "judge_urgency"] == pytest.approx(1.5)
    assert grown["docflow.model.tokens", "prompt"] > 100
    assert grown["docflow.model.tokens", "completion"] > 10


def test_a_document_that_its_score_makes_urgent_counts_as_urgent(
    world: World, meters: InMemoryMetricReader
) -> None:
    torn = JUDGED.model_copy(update={"level": UrgencyLevel.NORMAL})
    model = ScriptedModel({"summarize": SAID, "judge_urgency": torn})
    world.clients = replace(world.clients, model=model)
    before = measured(meters).get(("docflow.documents.urgent", ""), 0)

    world.run_all()

    assert measured(meters)["docflow.documents.urgent", ""] == before + 1


def test_a_second_run_measures_no_page_and_no_model_call(
    world: World, meters: InMemoryMetricReader
) -> None:
    world.run_all()
    before = measured(meters)

    world.run(Activity.OCR_PAGE, PageRequest(document_id=DOCUMENT_ID, page=2))
    world.run(Activity.JUDGE_URGENCY, UrgencyRequest(document_id=DOCUMENT_ID, name="letter.pdf"))

    assert measured(meters) == before


def test_every_step_is_a_span_with_the_document_and_no_text(
    world: World, spans: InMemorySpanExporter
) -> None:
    world.run_all()

    finished = spans.get_finished_spans()
    assert {one.name for one in finished} == {activity.value for activity in Activity}
    assert {(one.attributes or {})["docflow.document_id"] for one in finished} == {DOCUMENT_ID}
    assert not any(SECRET in one.to_json() for one in finished)


def test_a_failed_step_is_a_span_with_its_code(world: World, spans: InMemorySpanExporter) -> None:
    away = TransientError(ErrorCode.WEBHOOK_UNAVAILABLE, "It is away.")
    notifier = failing(RecordingNotifier(), "notify", away)
    world.clients = replace(world.clients, notifier=notifier)

    world.run(Activity.NOTIFY_WEBHOOK, ended())

    (one,) = spans.get_finished_spans()
    assert (one.attributes or {})["docflow.error_code"] == "WEBHOOK_UNAVAILABLE"


def test_a_defect_over_a_stored_text_leaves_no_text_in_its_span(
    world: World, spans: InMemorySpanExporter
) -> None:
    broken_page = json.dumps({"number": "none", "text": SECRET}).encode()
    world.clients.store.write(
        Container.WORK, f"{DOCUMENT_ID}/pages/000002.json", broken_page, content_type="x/y"
    )

    with pytest.raises(ValueError, match="PageText"):
        world.run(Activity.OCR_PAGE, PageRequest(document_id=DOCUMENT_ID, page=2))

    (one,) = spans.get_finished_spans()
    assert one.events
    assert SECRET not in one.to_json()


def test_absent_fields_are_left_out_of_a_line(caplog: pytest.LogCaptureFixture) -> None:
    log_event("something", document_id="doc", pages=3, code=None)

    assert json.loads(caplog.records[0].getMessage()) == {
        "event": "something",
        "documentId": "doc",
        "instanceId": "doc",
        "pages": 3,
    }


def test_lines_below_the_level_that_was_set_are_not_written(
    caplog: pytest.LogCaptureFixture,
) -> None:
    configure(Settings.load({"LOG_LEVEL": "ERROR"}))

    log_event("something", document_id="doc", level=logging.WARNING)

    assert caplog.records == []


def test_absent_attributes_are_left_out_of_a_span(spans: InMemorySpanExporter) -> None:
    with span("reading", document_id="doc", pages=3, code=None):
        pass

    (one,) = spans.get_finished_spans()
    assert dict(one.attributes or {}) == {
        "docflow.pages": 3,
        "docflow.document_id": "doc",
    }
