"""All artefacts: their paths and the models of their contents.

A path depends only on the document id and the values for its braces, so that a step that runs twice
writes the same blobs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel

from docflow.models.delivery import Announcement, TicketIntent
from docflow.models.documents import DocumentRequest, LastUpload, Receipt, StartMark, SweepState
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
    """A JSON value and its path in the folder of a document."""

    path: str
    model: type[ModelT]

    def name(self, **where: object) -> str:
        """Return the path with values for its braces."""
        return self.path.format(**where)


@dataclass(frozen=True, slots=True)
class PageLines:
    """The texts of pages, one line of JSON each, and a table with the offset of each line."""

    path: str
    table: str


# In `work/{document id}/`, in the order in which they are written.

CLAIM = Artefact("claim.json", DocumentRequest)
"""The claim: the request of the document. Only the delivery that holds the lease on this blob may
start the orchestration."""
STARTED = Artefact("started.json", StartMark)
"""The marker, written after the orchestration was started."""
SOURCE = "source"
"""The original, as it was uploaded."""
INSPECTION = Artefact("inspection.json", Accepted)
ATTACHMENTS = Artefact("attachments.json", Attachments)
"""The documents that were started for the attachments of a mail."""
STARVED_TRIES = Artefact("starved/{step}.json", Tries)
"""Number of tries of a step that failed because the machine was too busy."""
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
"""The transcript: the texts of all pages in page order."""
USAGE = Artefact("usage.jsonl", UsageLine)
"""The usage of each call of the model, one line each, appended before the answer is stored."""
PART_SUMMARY = Artefact("summaries/{level}-{number:04d}.json", StoredSummary)
"""Level 0: the summaries of the parts. A higher level: summaries combined from the level below."""
SUMMARY = Artefact("summary.json", StoredSummary)
"""The summary of the document."""
URGENCY = Artefact("urgency.json", StoredUrgency)
DECISION = Artefact("decision.json", StoredDecision)
"""The decision, or that there was none before the deadline; the first one written counts."""
TICKET_INTENT = Artefact("ticket-intent.json", TicketIntent)
"""Written before an issue is opened: a try without an answer may have opened it."""
TICKET = Artefact("ticket.json", Ticket)
"""The issue, written as soon as its key is known."""
ANNOUNCEMENT = Artefact("announced.json", Announcement)
PAGE_IMAGE = "images/{page}.png"

CALL_OF_VERSION_1 = Artefact("calls/{mark}.json", ModelCall)
"""Version 1 stored this for each call instead of `USAGE`; documents that still wait have it."""

# In `work`, beside the documents.

FIRST_WITH_CONTENT = "content/{sha256}"
"""A blob with the id of the first document with these bytes."""
STAGED_FOLDER = "staged/"
"""Files that came by the API, until their copies in `incoming` and in their folders are made."""
RECEIPT_FOLDER = "receipts/"
RECEIPT = Artefact(f"{RECEIPT_FOLDER}{{key}}.json", Receipt)
SWEEP = Artefact("upkeep/sweep.json", SweepState)
LAST_UPLOAD = Artefact("names/{key}.json", LastUpload)

# In `results` and `quarantine`.

RECORD = "{document_id}.json"
READABLE_RECORD = "{document_id}.md"
QUARANTINE_REASON = "{document_id}/reason.json"
