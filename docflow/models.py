"""Values that cross a boundary: orchestration inputs, activity results, HTTP bodies, records.

Everything here is frozen. Durable payloads read tolerantly (old histories outlive deploys), what
comes from outside is read strictly. Payloads carry references and counts, never document text.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel


class Payload(BaseModel):
    """A value that travels through the durable history as a JSON object."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        use_attribute_docstrings=True,
        # What failed to be read may be document text, and errors end in logs and histories.
        hide_input_in_errors=True,
    )

    @classmethod
    def load(cls, raw: object) -> Self:
        """Read the value back from what history holds."""
        return cls.model_validate(raw)

    def dump(self) -> dict[str, Any]:
        """Give the JSON object to store; absent values are left out to keep history small."""
        return self.model_dump(mode="json", exclude_none=True)


class CamelForm(BaseModel):
    """A value in the form of the outside: camelCase keys and nothing beyond the schema."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
    )


class Record(CamelForm):
    """A value that leaves the system, every field present."""

    def dump(self) -> dict[str, Any]:
        """Give the JSON object in the outside form."""
        return self.model_dump(mode="json", by_alias=True)


class Status(StrEnum):
    """Where a document stands, as listings show it."""

    PROCESSING = "processing"
    WAITING = "waiting"
    PUBLISHED = "published"
    REJECTED = "rejected"
    EXPIRED = "expired"
    QUARANTINED = "quarantined"
    FAILED = "failed"

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to the document by itself."""
        return self not in {Status.PROCESSING, Status.WAITING}


class Stage(StrEnum):
    """The step a document is in; shown as progress."""

    RECEIVED = "received"
    INSPECTING = "inspecting"
    PREPARING = "preparing"
    READING = "reading"
    SUMMARIZING = "summarizing"
    JUDGING = "judging"
    CHECKING = "checking"
    WAITING_FOR_REVIEW = "waiting_for_review"
    DELIVERING = "delivering"
    DONE = "done"


class UrgencyLevel(StrEnum):
    """The two levels the flow branches on."""

    URGENT = "urgent"
    NORMAL = "normal"


class PageMethod(StrEnum):
    """How the text of a page was obtained."""

    TEXT_LAYER = "text-layer"
    OCR = "ocr"
    EMPTY = "empty"
    FAILED = "failed"


class OcrMode(StrEnum):
    """Which pages are sent to OCR."""

    AUTO = "auto"
    """Those whose own text does not do."""
    ALWAYS = "always"
    """All that have anything on them."""
    NEVER = "never"
    """None: what only OCR could read stays unread."""


# What starts a document.


class Source(Payload):
    """The uploaded blob, as it was when the upload was noticed."""

    container: str
    name: str
    etag: str
    """Without quotes."""
    bytes: int
    content_type: str = "application/octet-stream"
    parent: str | None = None
    """The mail that this file was attached to."""


class RetryPolicy(Payload):
    """How often and how patiently a step is tried again (seconds)."""

    attempts: int = 8
    first_seconds: float = 2
    max_seconds: float = 60


class FlowSettings(Payload):
    """The settings that steer the flow, captured once when the document starts.

    They travel in the input because a replay must not see a changed setting.
    """

    retry: RetryPolicy = RetryPolicy()
    ocr_mode: OcrMode = OcrMode.AUTO
    pages_per_range: int = 10
    pages_in_flight: int = 200
    summary_part_characters: int = 24_000
    min_readable_share: float = 0.5
    approval_timeout_seconds: int = 259_200
    approval_reminder_seconds: int = 86_400
    approval_escalation_seconds: int = 172_800


class DocumentRequest(Payload):
    """Input of `process_document`."""

    document_id: str
    """Also the instance id of the orchestration."""
    source: Source
    received_at: datetime
    via: Literal["blob", "http", "reprocess"] = "blob"
    attempt: int = 1
    first_document_id: str | None = None
    """The first attempt, where this one is a later attempt at the same upload."""
    flow: FlowSettings = FlowSettings()


class Failure(Payload):
    """Why a document did not get published."""

    code: str
    message: str


# Inspection and pages.


class DocumentRef(Payload):
    """The document an activity works on."""

    document_id: str


class InspectionRequest(Payload):
    """Input of `inspect_document`."""

    document_id: str
    source: Source
    first_document_id: str | None = None


class Accepted(Payload):
    """A file that can be read."""

    kind: Literal["accepted"] = "accepted"
    content_type: str
    sha256: str
    bytes: int
    pages: int
    duplicate_of: str | None = None
    """The first document with the same bytes."""


class Refused(Payload):
    """A file that is set aside, with the reason a user can act on."""

    kind: Literal["refused"] = "refused"
    code: str
    message: str
    content_type: str = "application/octet-stream"
    sha256: str | None = None
    bytes: int = 0


class Inspection(Payload):
    """Result of `inspect_document`."""

    outcome: Annotated[Accepted | Refused, Field(discriminator="kind")]


class UnpackRequest(Payload):
    """Input of `unpack_mail`."""

    document_id: str
    name: str
    first_document_id: str | None = None


class Attached(Payload):
    """A file that came with a mail, and the document that it became."""

    name: str
    """As the sender wrote it."""
    document_id: str


class Attachments(Payload):
    """The attachments of a mail, as stored in `work`."""

    attachments: list[Attached] = []


class Unpacked(Payload):
    """Result of `unpack_mail`."""

    attachments: int
    refused: Failure | None = None
    """Set where the file turned out to be unreadable after all."""


class PreparationRequest(Payload):
    """Input of `prepare_pages`."""

    document_id: str
    content_type: str
    pages: int
    ocr_mode: OcrMode = OcrMode.AUTO


class PreparedPages(Payload):
    """Result of `prepare_pages`: which pages still need OCR.

    `ocr` is a page set in compact form, such as `3-5,9`; the rest was read from the text layer or
    is empty.
    """

    pages: int
    ocr: str = ""
    text_layer: int = 0
    empty: int = 0
    failed: int = 0
    """Pages that the parser could not read, nor split off for OCR."""
    refused: Failure | None = None
    """Set where the file turned out to be unreadable after all."""

    @property
    def ocr_pages(self) -> int:
        """How many pages need OCR."""
        return self.pages - self.done_without_ocr

    @property
    def done_without_ocr(self) -> int:
        """How many pages are done with, since they need no OCR or cannot be read at all."""
        return self.text_layer + self.empty + self.failed


class PageRangeRequest(Payload):
    """Input of the sub-orchestration `read_pages`: pages to send to OCR, such as `11-20`."""

    document_id: str
    pages: str
    pages_per_range: int = 10
    retry: RetryPolicy = RetryPolicy()


class PageRequest(Payload):
    """Input of `ocr_page`."""

    document_id: str
    page: int


class PageFailure(Payload):
    """A page that could not be read."""

    page: int
    code: str
    message: str = ""


class PageRead(Payload):
    """Result of `ocr_page`: where the text went is derived from document and page number."""

    page: int
    failure: PageFailure | None = None
    """Set where the service said for good that it cannot read this page."""


class PageRangeRead(Payload):
    """Result of `read_pages`."""

    read: int
    failures: list[PageFailure] = []


class TranscriptRequest(Payload):
    """Input of `assemble_transcript`."""

    document_id: str
    ocr: str = ""
    failures: list[PageFailure] = []
    part_characters: int = 24_000


class Transcript(Payload):
    """Result of `assemble_transcript`: the joined page texts, described by counts.

    `parts` are page sets, each small enough for one model call.
    """

    pages: int
    pages_read: int
    pages_failed: int
    pages_unread: int = 0
    """Pages with something on them that only OCR could have read, where `OCR_MODE` is `never`."""
    ocr_pages: int | None = None
    """Pages that OCR was paid for."""
    wasted_pages: int = 0
    """Tries of a page that OCR took and never answered; it may be paid for them."""
    cached_pages: int = 0
    """Pages that OCR would have been paid for, had it not read them before."""
    characters: int
    characters_unread: int = 0
    parts: list[str] = []


# Summary, urgency, checks.


class SummaryRequest(Payload):
    """Input of the sub-orchestration `summarize_document`."""

    document_id: str
    parts: list[str]
    part_characters: int = 24_000
    retry: RetryPolicy = RetryPolicy()


class PartRequest(Payload):
    """Input of `summarize_part`: part `number` (from 1) covers the pages in `pages`."""

    document_id: str
    number: int
    pages: str
    whole: bool
    """Whether the part is all of the document."""
    part_characters: int = 24_000
    """Longest text taken of one page."""


class CombineRequest(Payload):
    """Input of `combine_summaries`: joins summaries of one level into one of the next.

    Level 0 holds the summaries of the parts. With `final` the result becomes the document's.
    """

    document_id: str
    level: int
    first: int
    last: int
    number: int
    final: bool


class ModelStep(Payload):
    """Result of a step that calls the model; what it said is stored in `work`."""

    blocked_code: str | None = None
    """Set where the model declined for good, for example `CONTENT_FILTERED`."""
    blocked_message: str = ""


class UrgencyRequest(Payload):
    """Input of `judge_urgency`."""

    document_id: str


class UrgencyJudgement(Payload):
    """Result of `judge_urgency`: the model's view and the rules that fired, by name."""

    level: UrgencyLevel = UrgencyLevel.NORMAL
    score: float = 0
    signals: list[str] = []
    blocked_code: str | None = None
    blocked_message: str = ""


class UrgencyDecision(Payload):
    """What the flow goes by."""

    level: UrgencyLevel
    score: float
    decided_by: Literal["model", "policy", "reviewer"]
    signals: list[str] = []


class ChecksRequest(Payload):
    """Input of `check_summary`."""

    document_id: str


class CheckResult(Payload):
    """One guardrail that ran."""

    name: str
    passed: bool
    detail: str = ""


class ChecksReport(Payload):
    """Result of `check_summary`."""

    checks: list[CheckResult] = []


class Route(Payload):
    """Result of the routing decision."""

    review: bool
    reasons: list[str] = []


# The decision of a person.


class ApprovalDecision(BaseModel):
    """Body of the external event `ApprovalDecision`; read strictly, it comes from outside."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, hide_input_in_errors=True
    )

    approved: Annotated[bool, Field(strict=True)]
    reviewer: Annotated[str, StringConstraints(max_length=200)] | None = None
    comment: Annotated[str, StringConstraints(max_length=4_000)] | None = None
    summary: (
        Annotated[
            list[Annotated[str, StringConstraints(min_length=1, max_length=1_000)]],
            Field(min_length=1, max_length=10),
        ]
        | None
    ) = None
    """Bullets that replace those of the model."""
    urgency: UrgencyLevel | None = None
    """The level the reviewer sets instead of the one that was decided."""

    EVENT: ClassVar[str] = "ApprovalDecision"


class StoredDecision(Payload):
    """What was decided about a document, stored once and for good: the first one wins."""

    decision: ApprovalDecision | None = None
    """None where the time ran out with no decision."""
    decided_at: datetime
    via: Literal["event", "api"] = "api"


class SettlementRequest(Payload):
    """Input of `settle_decision`.

    `candidate` is stored where nothing was before; None only asks what has been stored.
    """

    document_id: str
    candidate: StoredDecision | None = None


class Settlement(Payload):
    """Result of `settle_decision`: what stands, if anything does."""

    stored: StoredDecision | None = None


class ReviewOutcome(Payload):
    """How the wait for a person ended."""

    decision: ApprovalDecision | None = None
    """None where nobody decided in time."""
    decided_at: datetime | None = None
    via: Literal["event", "api"] | None = None
    reminders: int = 0
    escalated: bool = False
    invalid_decisions: int = 0


class ReminderRequest(Payload):
    """Input of `remind_reviewer`."""

    document_id: str
    name: str
    number: int
    escalated: bool
    seconds_left: int


# The end of a document.


class TimelineEntry(Payload):
    """One line of the audit trail."""

    at: datetime
    event: str
    detail: str = ""


class Ticket(Payload):
    """An issue in the ticket desk."""

    key: str
    url: str


MAY_BE_SCANNED = frozenset({"application/pdf"})
"""Types whose pages either have a text layer or need OCR."""


class Closing(Payload):
    """Everything the orchestration knows when a document ends; the record is built from it."""

    request: DocumentRequest
    workflow_version: str
    status: Status
    accepted: Accepted | None = None
    refused: Refused | None = None
    prepared: PreparedPages | None = None
    transcript: Transcript | None = None
    summarized: bool = False
    urgency: UrgencyDecision | None = None
    checks: list[CheckResult] = []
    route: Route | None = None
    review: ReviewOutcome | None = None
    ticket: Ticket | None = None
    error: Failure | None = None
    timeline: list[TimelineEntry] = []
    ended_at: datetime

    @property
    def document_id(self) -> str:
        """The document that ended."""
        return self.request.document_id

    @property
    def ocr_pages(self) -> int | None:
        """Pages that OCR was paid for; until that is known, those that need it."""
        if self.transcript is not None and self.transcript.ocr_pages is not None:
            return self.transcript.ocr_pages + self.transcript.wasted_pages
        return self.prepared.ocr_pages if self.prepared else None

    @property
    def ocr_pages_saved(self) -> int:
        """Pages that others would pay OCR for: read by their text layer, or read before."""
        cached = self.transcript.cached_pages if self.transcript else 0
        if self.prepared is None or self.accepted is None:
            return cached
        scans_too = self.accepted.content_type in MAY_BE_SCANNED
        return cached + (self.prepared.text_layer if scans_too else 0)

    def index_update(self) -> IndexUpdate:
        """Give what the index is told of this end."""
        decision = self.review.decision if self.review else None
        return IndexUpdate(
            request=self.request,
            status=self.status,
            stage=Stage.DONE,
            updated_at=self.ended_at,
            pages=self._pages(),
            ocr_pages=self.ocr_pages,
            ocr_pages_saved=self.ocr_pages_saved,
            urgency=self.urgency,
            route=self.route,
            decided=decision.approved if decision else None,
            ticket_key=self.ticket.key if self.ticket else None,
            error_code=self.error.code if self.error else None,
        )

    def _pages(self) -> int | None:
        if self.transcript is not None:
            return self.transcript.pages
        return self.accepted.pages if self.accepted else None


class DeliveryRequest(Payload):
    """Input of the sub-orchestration `deliver`."""

    closing: Closing
    open_ticket: bool

    @property
    def document_id(self) -> str:
        """The document that is delivered."""
        return self.closing.document_id


class QuarantineRequest(Payload):
    """Input of `quarantine_source`: the file to set aside, and why."""

    request: DocumentRequest
    refused: Refused

    @property
    def document_id(self) -> str:
        """The document that is set aside."""
        return self.request.document_id


class DeliveryResult(Payload):
    """Result of `deliver`: the ticket, or the step that failed after which all was undone."""

    ticket: Ticket | None = None
    failure: Failure | None = None
    timeline: list[TimelineEntry] = []


class CompensationRequest(Payload):
    """Input of the activities that undo a step of a delivery."""

    document_id: str
    name: str
    reason: str
    """Code of the failure that led here."""


class IndexUpdate(Payload):
    """Input of `update_index`: where the document stands, by what the orchestration knows."""

    request: DocumentRequest
    status: Status
    stage: Stage
    updated_at: datetime
    pages: int | None = None
    ocr_pages: int | None = None
    ocr_pages_saved: int = 0
    urgency: UrgencyDecision | None = None
    route: Route | None = None
    review_deadline: datetime | None = None
    waiting_since: datetime | None = None
    decided: bool | None = None
    ticket_key: str | None = None
    error_code: str | None = None

    @property
    def document_id(self) -> str:
        """The document that the update is about."""
        return self.request.document_id


class IndexEntry(Payload):
    """A row of the document index; a projection, never the truth about a running instance.

    `sequence` grows along one document's life: a late duplicate write never overwrites a newer one.
    """

    document_id: str
    name: str
    status: Status
    stage: Stage
    received_at: datetime
    updated_at: datetime
    sequence: int
    attempt: int = 1
    first_document_id: str | None = None
    urgency: UrgencyLevel | None = None
    score: float | None = None
    review_reasons: list[str] = []
    review_deadline: datetime | None = None
    waiting_since: datetime | None = None
    decided: bool | None = None
    """The decision, once there is one."""
    pages: int | None = None
    ocr_pages: int | None = None
    ocr_pages_saved: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_calls: int = 0
    estimated_usd: float = 0
    saved_usd: float = 0
    ticket_key: str | None = None
    error_code: str | None = None
    title: str | None = None
    parent: str | None = None
    """The mail that this document was attached to."""


class Done(Payload):
    """Result of an activity that has nothing to tell but that it is done."""


# What the parsers and services give (never through history).


class Word(Payload):
    """A word on a page: polygon as x, y pairs in the unit of the page."""

    text: str
    confidence: float
    polygon: list[float] = []


class PageText(Payload):
    """The text of one page, as stored in `work`."""

    number: int
    method: PageMethod
    text: str = ""
    reason: str = ""
    """Why this method was chosen."""
    confidence: float | None = None
    """Mean word confidence, 0 to 1; None where nothing was recognized."""
    width: float = 0
    height: float = 0
    unit: str = "pixel"
    words: list[Word] = []
    recognized: bool = False
    """Whether OCR was paid for, also where it found nothing or failed."""
    cached: bool = False
    """Whether what OCR said was taken from the cache: paid for before, not again."""
    unread: bool = False
    """Whether something on the page was left unread since `OCR_MODE` is `never`."""
    whole: bool = False
    """Whether this is all of a document without pages of its own; form feeds part what OCR
    counted as pages."""
    further_pages: int = 0
    """How many of the pages that follow came with this one, from a document read as a whole."""
    error: str | None = None


class Tries(Payload):
    """How often something was tried in vain."""

    tries: int


class OcrReasons(Payload):
    """Why pages go to OCR, by page number."""

    reasons: dict[int, str]


class ModelCall(Payload):
    """What is known of one kind of model call, summed over its calls."""

    step: str
    deployment: str
    model: str
    prompt_version: str
    prompt_sha256: str
    calls: int = 1
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_calls: int = 0
    saved_prompt_tokens: int = 0
    """Tokens that cached calls would have taken."""
    saved_completion_tokens: int = 0

    def plus(self, other: ModelCall) -> ModelCall:
        """Add up with another call of the same kind."""
        counted = {name: getattr(self, name) + getattr(other, name) for name in _COUNTED}
        return self.model_copy(update=counted)


_COUNTED = (
    "calls",
    "prompt_tokens",
    "completion_tokens",
    "cached_calls",
    "saved_prompt_tokens",
    "saved_completion_tokens",
)
