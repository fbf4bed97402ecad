"""How urgent a document is: the model's judgement, the rules that fired, and what was decided."""

from __future__ import annotations

from typing import Literal

from docflow.models.payloads import Payload
from docflow.models.states import UrgencyLevel


class UrgencyRequest(Payload):
    """Input of `judge_urgency`."""

    document_id: str


class UrgencyJudgement(Payload):
    """Result of `judge_urgency`: the model's view and the rules that fired, by name."""

    level: UrgencyLevel = UrgencyLevel.NORMAL
    score: float = 0
    signals: list[str] = []
    blocked_code: str | None = None
    blocked_message: str = ""


class UrgencyDecision(Payload):
    """What the flow goes by."""

    level: UrgencyLevel
    score: float
    decided_by: Literal["model", "policy", "reviewer"]
    signals: list[str] = []
