"""The summary of a document: summaries of its parts, and how they are combined."""

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
    """Input of `summarize_part`; `number` counts from 1, `pages` is a page set."""

    document_id: str
    number: int
    pages: str
    whole: bool
    """Whether the part is the whole document."""
    part_characters: int = 24_000
    """Most characters of the text of one page; the rest is left out."""


class CombineRequest(Payload):
    """Input of `combine_summaries`: combine summaries of one level into one of the next level.

    The summaries of parts are level 0. With `final`, the result is the summary of the document.
    """

    document_id: str
    level: int
    first: int
    last: int
    number: int
    final: bool


class ModelStep(Payload):
    """Result of a step that calls the model; the answer is stored in `work`."""

    blocked_code: str | None = None
    """Set if there is no answer and a retry cannot help, for example `CONTENT_FILTERED`."""
    blocked_message: str = ""
