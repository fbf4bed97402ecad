"""The checks of a summary, and the route that follows from them."""

from __future__ import annotations

from docflow.models.documents import Source
from docflow.models.files import Refused
from docflow.models.payloads import Payload


class ChecksRequest(Payload):
    """Input of `check_summary`."""

    document_id: str
    source: Source | None = None
    """The upload, if it may have grown since it was read."""


class CheckResult(Payload):
    """The result of one check."""

    name: str
    passed: bool
    detail: str = ""


class ChecksReport(Payload):
    """Result of `check_summary`."""

    checks: list[CheckResult] = []
    refused: Refused | None = None
    """Set if the upload grew after it was read."""


class Route(Payload):
    """Whether the document needs a review, and why."""

    review: bool
    reasons: list[str] = []
