"""The result record: what leaves the system for every document, whatever its end.

`schemas/result.schema.json` is made from these models (`python3 -m docflow.record.schema`); a test
keeps the two equal.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from docflow.models.payloads import Record
from docflow.models.states import PageMethod, Status


def _ended(status: Status) -> Status:
    if not status.ended:
        raise ValueError(f"a record tells of an end, not of {status.value!r}")
    return status


EndStatus = Annotated[
    Status,
    Field(json_schema_extra={"enum": [status.value for status in Status if status.ended]}),
    AfterValidator(_ended),
]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]


class SourceRecord(Record):
    """The file that came in."""

    container: str
    name: str
    etag: str
    sha256: str | None
    content_type: str
    bytes: Count
    pages: Count
    duplicate_of: str | None
    """Id of the first document with the same bytes."""
    attempt_of: str | None = None
    """Id of the first attempt, where this record is of a later one."""
    parent: str | None = None
    """Id of the mail that the file was attached to."""


class AttachmentRecord(Record):
    """A file that came with a mail, and the document that it became."""

    name: str
    document_id: str


class BulletRecord(Record):
    """One statement of the summary with its evidence."""

    text: str
    page: int | None
    quote: str | None
    grounded: bool
    """Whether the quote was found on that page."""


class SummaryRecord(Record):
    """What the document says."""

    title: str
    language: str
    document_type: str
    bullets: list[BulletRecord]


class UrgencyRecord(Record):
    """How urgent the document is, and who says so."""

    level: Literal["urgent", "normal"]
    score: Share
    reasons: list[str]
    signals: list[str]
    """Rules that fired."""
    decided_by: Literal["model", "policy", "reviewer"]


class EntityRecord(Record):
    """Something named in the document."""

    kind: str
    value: str
    page: int


class ActionRecord(Record):
    """Something that the document asks for."""

    text: str
    due_date: str | None


class CoverageRecord(Record):
    """What the summary rests on."""

    complete: bool
    pages_read: Count
    pages_failed: Count
    pages_unread: Count = 0
    """Pages with something on them that only OCR could have read, where it was turned off."""
    characters_unread: Count


class PageRecord(Record):
    """How one page was read."""

    number: Annotated[int, Field(ge=1)]
    method: PageMethod
    reason: str
    """Why this method was chosen."""
    cached: bool = False
    """Whether its text was taken from the cache: OCR was paid for before, not again."""
    confidence: Share | None
    characters: Count
    error: str | None


class DecisionRecord(Record):
    """What a person decided."""

    approved: bool
    reviewer: str | None
    comment: str | None
    decided_at: datetime
    via: Literal["event", "api"]


class ReviewRecord(Record):
    """Whether a person was needed, and what came of it."""

    required: bool
    reasons: list[str]
    decision: DecisionRecord | None
    reminders: Count
    escalated: bool


class CheckRecord(Record):
    """One guardrail that ran."""

    name: str
    passed: bool
    detail: str


class TicketRecord(Record):
    """The issue that was opened."""

    key: str
    url: str


class ProvenanceRecord(Record):
    """One kind of model call."""

    step: str
    deployment: str
    model: str
    prompt_version: str
    prompt_sha256: str
    calls: Count


class CostRecord(Record):
    """What the document cost, estimated from list prices."""

    ocr_pages: Count
    prompt_tokens: Count
    completion_tokens: Count
    cached_calls: Count
    estimated_usd: Annotated[float, Field(ge=0)]
    ocr_pages_saved: Count = 0
    """Pages that were read by their text layer or had been read before, instead of by OCR."""
    saved_usd: Annotated[float, Field(ge=0)] = 0
    """What these pages and the cached calls would have cost."""


class TimelineRecord(Record):
    """One line of the audit trail."""

    at: datetime
    event: str
    detail: str


class ErrorRecord(Record):
    """Why the document was not published, and what to do."""

    code: str
    message: str


class ResultRecord(Record):
    """The record of one document at its end."""

    schema_version: Literal[1]
    document_id: str
    attempt: Annotated[int, Field(ge=1)]
    workflow_version: str
    status: EndStatus
    source: SourceRecord
    summary: SummaryRecord | None
    urgency: UrgencyRecord | None
    entities: list[EntityRecord]
    actions: list[ActionRecord]
    draft_reply: str | None
    coverage: CoverageRecord | None
    pages: list[PageRecord]
    review: ReviewRecord
    checks: list[CheckRecord]
    ticket: TicketRecord | None
    provenance: list[ProvenanceRecord]
    cost: CostRecord
    timeline: list[TimelineRecord]
    error: ErrorRecord | None
    attachments: list[AttachmentRecord] = Field(default_factory=list)
    """What came with a mail; each is a document of its own."""


def result_schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of the record."""
    schema = ResultRecord.model_json_schema(by_alias=True, mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "result.schema.json",
        **schema,
        "title": "docflow result record, version 1",
    }


if __name__ == "__main__":
    print(json.dumps(result_schema(), indent=2))  # noqa: T201 - the output of this command
