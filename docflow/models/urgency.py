"""The urgency of a document: the model's judgement, what rules find, and the decision."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from docflow.models.payloads import Payload
from docflow.models.states import UrgencyLevel
from docflow.models.summaries import ModelStep


class UrgencyRequest(Payload):
    """Input of `judge_urgency`."""

    document_id: str
    opening: str = ""
    """Page set of the first pages, whose text is judged; histories of version 1 leave it empty."""
    received_at: datetime | None = None
    """When the document came in: days left to a deadline are counted from there. Histories of
    version 1 leave it out; then it is the time of the judgement."""


class RulesVerdict(Payload):
    """What the rules of `policy/urgency.yaml` and the dates of a document say of its urgency."""

    score: float
    urgent: bool
    """Whether the score is high enough to count as urgent."""
    doubtful: bool = False
    """Whether it is so near to that, that a person should look."""
    reasons: list[str] = []
    """What speaks for urgency, in plain words of the rules, the strongest first."""
    deadline: date | None = None
    """The nearest day by which the document asks something of its reader."""
    language: str = ""
    """Language of the document, by its two-letter code; empty if unclear."""
    knows_language: bool = True
    """Whether there are rules for this language."""


class UrgencyJudgement(ModelStep):
    """Result of `judge_urgency`: the model's judgement, and what the rules say."""

    level: UrgencyLevel = UrgencyLevel.NORMAL
    score: float = 0
    signals: list[str] = []
    rules: RulesVerdict | None = None
    """None in histories of version 1."""


class UrgencyDecision(Payload):
    """The decided urgency of a document."""

    level: UrgencyLevel
    score: float
    decided_by: Literal["model", "policy", "reviewer"]
    signals: list[str] = []
    reasons: list[str] = []
    """Why, in plain words: what the model says and what the rules found."""
    doubts: list[str] = []
    """Why a person should look at a document that is not decided as urgent."""
    deadline: date | None = None
    """The nearest day by which the document asks something of its reader."""
