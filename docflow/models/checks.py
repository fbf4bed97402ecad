"""The guardrails over what the model said, and the route that follows from them."""

from __future__ import annotations

from docflow.models.payloads import Payload


class ChecksRequest(Payload):
    """Input of `check_summary`."""

    document_id: str


class CheckResult(Payload):
    """One guardrail that ran."""

    name: str
    passed: bool
    detail: str = ""


class ChecksReport(Payload):
    """Result of `check_summary`."""

    checks: list[CheckResult] = []


class Route(Payload):
    """Result of the routing decision."""

    review: bool
    reasons: list[str] = []
