"""The urgency of a document: the model's judgement, the rules that matched, and the decision."""

from __future__ import annotations

from typing import Literal

from docflow.models.payloads import Payload
from docflow.models.states import UrgencyLevel
from docflow.models.summaries import ModelStep


class UrgencyRequest(Payload):
    """Input of `judge_urgency`."""

    document_id: str
    opening: str = ""
    """Page set of the first pages, whose text is judged; histories of version 1 leave it empty."""


class UrgencyJudgement(ModelStep):
    """Result of `judge_urgency`: the model's judgement and the names of the rules that matched."""

    level: UrgencyLevel = UrgencyLevel.NORMAL
    score: float = 0
    signals: list[str] = []


class UrgencyDecision(Payload):
    """The decided urgency of a document."""

    level: UrgencyLevel
    score: float
    decided_by: Literal["model", "policy", "reviewer"]
    signals: list[str] = []
