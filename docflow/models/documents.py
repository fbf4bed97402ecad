"""What starts a document: the upload, and the settings that steer its flow."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from docflow.models.payloads import Payload
from docflow.models.states import OcrMode


class Source(Payload):
    """The uploaded blob, as it was when the upload was noticed."""

    container: str
    name: str
    etag: str
    """Without quotes."""
    bytes: int
    content_type: str = "application/octet-stream"
    parent: str | None = None
    """The mail that this file was attached to."""


class RetryPolicy(Payload):
    """How often and how patiently a step is tried again (seconds)."""

    attempts: int = 8
    first_seconds: float = 2
    max_seconds: float = 60


class FlowSettings(Payload):
    """The settings that steer the flow, captured once when the document starts.

    They travel in the input because a replay must not see a changed setting.
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
    """The first attempt, where this one is a later attempt at the same upload."""
    flow: FlowSettings = FlowSettings()


class Failure(Payload):
    """Why a document did not get published."""

    code: str
    message: str
