"""Every path of every artefact, in one table: what it is called, and what it holds.

Paths are functions of the document id and of what stands in braces, so that a step that runs twice
writes the same blobs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel

from docflow.models.delivery import Announcement
from docflow.models.documents import DocumentRequest
from docflow.models.facts import Ticket
from docflow.models.files import Accepted, Attachments
from docflow.models.outputs import StoredSummary, StoredUrgency
from docflow.models.pages import OcrReasons, PageText, Tries
from docflow.models.reviews import StoredDecision
from docflow.models.usage import ModelCall, UsageLine

ModelT = TypeVar("ModelT", bound=BaseModel)
ModelT_co = TypeVar("ModelT_co", bound=BaseModel, covariant=True)


@dataclass(frozen=True, slots=True)
class Artefact(Generic[ModelT]):
    """A JSON value at a path of its own."""

    path: str
    model: type[ModelT]

    def name(self, **where: object) -> str:
        """Return the path with the values of its braces."""
        return self.path.format(**where)


@dataclass(frozen=True, slots=True)
class PageLines:
    """The texts of many pages, one line of JSON each, with a table of where each line lies."""

    path: str
    table: str


# In `work/{document id}/`, in the order in which they are written.

CLAIM = Artefact("claim.json", DocumentRequest)
"""The request under which the document was taken on; its lease lets one delivery at a time start
the orchestration."""
STARTED = "started.json"
"""An empty object: the orchestration was started."""
SOURCE = "source"
"""The original, as it was uploaded."""
INSPECTION = Artefact("inspection.json", Accepted)
ATTACHMENTS = Artefact("attachments.json", Attachments)
"""What became of a mail's attachments."""
STARVED_TRIES = Artefact("starved/{step}.json", Tries)
"""Tries of a step for which the machine was too busy."""
TEXT_LAYER = PageLines("text-layer.jsonl", "text-layer.table")
"""The pages that needed no OCR."""
OCR_REASONS = Artefact("ocr-reasons.json", OcrReasons)
PAGES_FOR_OCR = "ocr-pages.bin"
"""The pages that were split off for OCR (see `page_file`)."""
PAGE = Artefact("pages/{page:06d}.json", PageText)
"""A page that went through OCR, with its words."""
WASTED_TRIES = Artefact("wasted-pages/{page:06d}.json", Tries)
"""Tries of a page that OCR took and never answered."""
TRANSCRIPT = PageLines("transcript.jsonl", "transcript.table")
"""All pages in page order, however each was read."""
USAGE = Artefact("usage.jsonl", UsageLine)
"""What each call of the model took, a line each, appended before its answer is stored."""
PART_SUMMARY = Artefact("summaries/{level}-{number:04d}.json", StoredSummary)
"""Level 0 holds the summaries of the parts, each higher one those that join summaries below it."""
SUMMARY = Artefact("summary.json", StoredSummary)
"""The summary of the document."""
URGENCY = Artefact("urgency.json", StoredUrgency)
DECISION = Artefact("decision.json", StoredDecision)
"""What a person decided, or that nobody did in time: the first one written stands."""
TICKET = Artefact("ticket.json", Ticket)
ANNOUNCEMENT = Artefact("announced.json", Announcement)
PAGE_IMAGE = "images/{page}.png"

CALL_OF_VERSION_1 = Artefact("calls/{mark}.json", ModelCall)
"""What version 1 kept of each question instead of `USAGE`; documents that wait since have it."""

# In `work`, beside the documents.

FIRST_WITH_CONTENT = "content/{sha256}"
"""The id of the first document with these bytes."""

# In `results` and `quarantine`.

RECORD = "{document_id}.json"
READABLE_RECORD = "{document_id}.md"
QUARANTINE_REASON = "{document_id}/reason.json"
