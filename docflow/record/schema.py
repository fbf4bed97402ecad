"""The result record, which is written for every document at its end.

`python3 -m docflow.record.schema` prints `schemas/result.schema.json` from these models; a test
compares the two.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from docflow.models.checks import CheckResult
from docflow.models.documents import Failure
from docflow.models.facts import Ticket, TimelineEntry
from docflow.models.files import Attached
from docflow.models.outputs import EntityAnswer
from docflow.models.payloads import Count, Record, Share
from docflow.models.states import PageMethod, Status, UrgencyLevel
from docflow.models.usage import Cost


def _ended(status: Status) -> Status:
    if not status.ended:
        raise ValueError(f"{status.value!r} is not the status of a document that has ended")
    return status


EndStatus = Annotated[
    Status,
    Field(json_schema_extra={"enum": [status.value for status in Status if status.ended]}),
    AfterValidator(_ended),
]


class SourceRecord(Record):
    """The uploaded file."""

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
    """Id of the first attempt, if this is the record of a later attempt."""
    parent: str | None = None
    """Id of the mail that the file was attached to."""
    successor: str | None = None
    """Id of the newer version of the file, if this one was overwritten before it could be read or
    went on growing after it was read."""


class BulletRecord(Record):
    """One statement of the summary with its evidence."""

    text: str
    page: int | None
    quote: str | None
    grounded: bool
    """Whether the quote was found on that page."""


class SummaryRecord(Record):
    """The summary of the document."""

    title: str
    language: str
    document_type: str
    bullets: list[BulletRecord]


class EvidenceRecord(Record):
    """Words of the document that speak for urgency."""

    signal: str
    """Name of the rule in `policy/urgency.yaml`; `deadline` for a date."""
    says: str
    """What it means, in plain words."""
    weight: Share
    page: int
    quote: str
    """The sentence in which the words stand."""
    day: date | None = None
    """The day by which something is to be done, for a deadline."""
    not_counted: str = ""
    """Why it does not count: the sentence is conditional, settled, past or an example."""


class UrgencyRecord(Record):
    """How urgent the document is, who decided it, and why."""

    level: UrgencyLevel
    score: Share
    reasons: list[str]
    """What decided, in plain words: what the model says, what the rules found, and the reasons that
    the model gave."""
    signals: list[str]
    """Names of the rules that matched."""
    decided_by: Literal["model", "policy", "reviewer"]
    deadline: date | None = None
    """The nearest day by which the document asks something of its reader."""
    evidence: Annotated[list[EvidenceRecord], Field(default_factory=list)]
    """What the rules found, with the words that they found."""


class ActionRecord(Record):
    """Something that the document asks its reader to do."""

    text: str
    due_date: str | None
    page: int | None = None
    """The page that asks for it."""


class CoverageRecord(Record):
    """How much of the document was read and summarized."""

    complete: bool
    pages_read: Count
    pages_failed: Count
    pages_unread: Count = 0
    """Pages of which OCR alone could read all, and did not: it is turned off, or it failed."""
    characters_unread: Count


class PageRecord(Record):
    """How one page was read."""

    number: Annotated[int, Field(ge=1)]
    method: PageMethod
    reason: str
    """Why this method was chosen."""
    cached: bool = False
    """Whether its text was taken from the cache, without a new charge for OCR."""
    confidence: Share | None
    characters: Count
    error: str | None


class DecisionRecord(Record):
    """The decision of the reviewer."""

    approved: bool
    reviewer: str | None
    comment: str | None
    decided_at: datetime
    via: Literal["event", "api"]


class ReviewRecord(Record):
    """Whether a review was needed, and its result."""

    required: bool
    reasons: list[str]
    decision: DecisionRecord | None
    reminders: Count
    escalated: bool


class ProvenanceRecord(Record):
    """The prompt and model of one kind of model call."""

    step: str
    deployment: str
    model: str
    prompt_version: str
    prompt_sha256: str
    calls: Count


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
    entities: list[EntityAnswer]
    actions: list[ActionRecord]
    draft_reply: str | None
    coverage: CoverageRecord | None
    pages: list[PageRecord]
    review: ReviewRecord
    checks: list[CheckResult]
    ticket: Ticket | None
    provenance: list[ProvenanceRecord]
    cost: Cost
    timeline: list[TimelineEntry]
    error: Failure | None
    attachments: list[Attached] = Field(default_factory=list)
    """Attachments of a mail; each is a separate document."""


def result_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of the record."""
    schema = ResultRecord.model_json_schema(by_alias=True, mode="serialization")
    for part in schema["$defs"].values():
        if part["type"] == "object":
            # A record has no unknown fields, although payloads ignore them when they are read.
            part["additionalProperties"] = False
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "result.schema.json",
        **schema,
        "title": "docflow result record, version 1",
    }


if __name__ == "__main__":
    print(json.dumps(result_schema(), indent=2))  # noqa: T201 - the output of this command
