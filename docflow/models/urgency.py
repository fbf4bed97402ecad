"""How urgent a document is: the model's judgement, the rules that fired, and what was decided."""

from __future__ import annotations

from typing import Literal

from docflow.models.payloads import Payload
from docflow.models.states import UrgencyLevel
from docflow.models.summaries import ModelStep


class UrgencyRequest(Payload):
    """Input of `judge_urgency`."""

    document_id: str
    opening: str = ""
    """The pages that are judged word by word; empty in histories of version 1: the first ones."""


class UrgencyJudgement(ModelStep):
    """Result of `judge_urgency`: the model's view and the rules that fired, by name."""

    level: UrgencyLevel = UrgencyLevel.NORMAL
    score: float = 0
    signals: list[str] = []


class UrgencyDecision(Payload):
    """What the flow goes by."""

    level: UrgencyLevel
    score: float
    decided_by: Literal["model", "policy", "reviewer"]
    signals: list[str] = []
