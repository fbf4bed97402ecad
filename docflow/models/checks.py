"""The checks of a summary, and the route that follows from them."""

from __future__ import annotations

from docflow.models.payloads import Payload


class ChecksRequest(Payload):
    """Input of `check_summary`."""

    document_id: str


class CheckResult(Payload):
    """The result of one check."""

    name: str
    passed: bool
    detail: str = ""


class ChecksReport(Payload):
    """Result of `check_summary`."""

    checks: list[CheckResult] = []


class Route(Payload):
    """Whether the document needs a review, and why."""

    review: bool
    reasons: list[str] = []
