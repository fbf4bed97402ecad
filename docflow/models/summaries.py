"""The summary of a document: its parts, and how their summaries are joined."""

from __future__ import annotations

from docflow.models.documents import RetryPolicy
from docflow.models.payloads import Payload


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
