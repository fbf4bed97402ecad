"""Short descriptions for the timeline of a document."""

from __future__ import annotations

from docflow.models.files import Accepted, Unpacked
from docflow.models.pages import PreparedPages, Transcript


def describe_reading(prepared: PreparedPages, transcript: Transcript) -> str:
    """Return how the pages were read, for the timeline."""
    ocr_pages = max(prepared.ocr_pages, transcript.ocr_pages or 0)
    failed = transcript.pages_failed - transcript.pages_missing - prepared.failed
    recognized = ocr_pages - failed - transcript.layer_pages
    return (
        f"{prepared.text_layer + transcript.layer_pages} by text layer, {recognized} by OCR, "
        f"{prepared.empty} empty, {transcript.pages_failed} failed"
    )


def describe_attachments(unpacked: Unpacked) -> str:
    """Return how many attachments a mail has, for the timeline."""
    left_out = f", {unpacked.left_out} left out" if unpacked.left_out else ""
    return f"{unpacked.attachments} attachments{left_out}"


def describe_source(accepted: Accepted) -> str:
    """Return type and size of an accepted file, for the timeline."""
    unit = "page" if accepted.pages == 1 else "pages"
    return f"{accepted.content_type}, {accepted.pages} {unit}, {accepted.bytes} bytes"
