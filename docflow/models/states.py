"""Enumerations: the status and stage of a document, and how its pages are read."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """The status of a document, as listings show it."""

    PROCESSING = "processing"
    WAITING = "waiting"
    PUBLISHED = "published"
    REJECTED = "rejected"
    EXPIRED = "expired"
    QUARANTINED = "quarantined"
    FAILED = "failed"

    @property
    def ended(self) -> bool:
        """Return whether the document has reached its end."""
        return self not in {Status.PROCESSING, Status.WAITING}


class Stage(StrEnum):
    """The current step of a document, shown as progress."""

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


# The docstring is part of the schema that the model receives, see `outputs`.
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
    """Pages without a usable text layer."""
    ALWAYS = "always"
    """All pages that are not empty."""
    NEVER = "never"
    """No pages: a page that needs OCR is not read."""
