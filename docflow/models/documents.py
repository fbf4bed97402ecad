"""The input of an orchestration: the upload, and the settings for its steps."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from docflow.models.payloads import Payload
from docflow.models.states import OcrMode


class Source(Payload):
    """The uploaded blob, as it was when the upload was detected."""

    container: str
    name: str
    etag: str
    """Without quotes."""
    bytes: int
    content_type: str = "application/octet-stream"
    parent: str | None = None
    """Document id of the mail that this file was attached to."""
    created_at: datetime | None = None
    """When the blob was created; a change of its metadata keeps this, and the MD5."""
    content_md5: str | None = None
    """In hex, as far as the storage knows it."""


class RetryPolicy(Payload):
    """How many times a step is tried, and the shortest and longest pause between tries."""

    attempts: int = 8
    first_seconds: float = 2
    max_seconds: float = 60


class FlowSettings(Payload):
    """The settings for the steps of a document, read once when the document starts.

    They are part of the input because a replay must not see a changed setting.
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
    """Document id of the first attempt, if this is a later attempt at the same upload."""
    kept: bool = False
    """Whether a copy of the upload was stored in `work` before the document was started."""
    flow: FlowSettings = FlowSettings()

    @property
    def may_grow(self) -> bool:
        """Return whether a blob tool dropped the file, which may go on writing to it.

        Requests of version 0.1.0 do not tell when the blob was created.
        """
        return self.via == "blob" and self.source.created_at is not None


class Receipt(Payload):
    """What a repeated request to take a file is recognized by, and the document of the first."""

    request: DocumentRequest
    sha256: str | None = None
    """Digest of the file; None if it is known only to the request that sent it."""


class StartMark(Payload):
    """Says that nothing is to be started under an id any more."""

    same_as: str | None = None
    """Id of the document that has the same upload; None if the id has a document of its own."""


class LastUpload(Payload):
    """The last upload of a name, by which a change of its metadata alone is recognized."""

    document_id: str
    source: Source


class SweepState(Payload):
    """How far the search for uploads without a document has come."""

    verified_before: datetime | None = None
    """Every upload that last changed before this moment was looked at; None before the first pass
    over all uploads is done."""
    began: datetime | None = None
    """What `verified_before` becomes when the pass under way is done; None between two passes."""
    continuation: str | None = None
    """Token of the page of the listing with which the pass goes on."""
    after: str | None = None
    """The last name of that page that was looked at."""
    failed: bool = False
    """Whether an upload of this pass could not be started."""


class Failure(Payload):
    """The reason why a document was not published."""

    code: str
    message: str
