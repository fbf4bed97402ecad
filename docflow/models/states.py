"""The words for where a document stands, and how its pages are read."""

from __future__ import annotations

from enum import StrEnum


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
