"""The decision of a person."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from docflow.models.payloads import Payload
from docflow.models.states import UrgencyLevel


class ApprovalDecision(BaseModel):
    """Body of the external event `ApprovalDecision`; it must match exactly."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, hide_input_in_errors=True
    )

    approved: Annotated[bool, Field(strict=True)]
    reviewer: Annotated[str, StringConstraints(max_length=200)] | None = None
    comment: Annotated[str, StringConstraints(max_length=4_000)] | None = None
    summary: (
        Annotated[
            list[Annotated[str, StringConstraints(min_length=1, max_length=1_000)]],
            Field(min_length=1, max_length=10),
        ]
        | None
    ) = None
    """Bullets that replace the bullets of the model."""
    urgency: UrgencyLevel | None = None
    """Level that replaces the decided level."""


class StoredDecision(Payload):
    """The outcome of a review, stored once: the first one counts and is never changed."""

    decision: ApprovalDecision | None = None
    """None if there was no decision before the deadline."""
    decided_at: datetime
    via: Literal["event", "api"] = "api"


class SettlementRequest(Payload):
    """Input of `settle_decision`.

    `candidate` is stored if nothing is stored yet; None only reads what is stored.
    """

    document_id: str
    candidate: StoredDecision | None = None


class Settlement(Payload):
    """Result of `settle_decision`: the stored decision, or None if there is none yet."""

    stored: StoredDecision | None = None


class ReviewOutcome(Payload):
    """The end of the wait for a review."""

    decision: ApprovalDecision | None = None
    """None if there was no decision before the deadline."""
    decided_at: datetime | None = None
    via: Literal["event", "api"] | None = None
    reminders: int = 0
    escalated: bool = False
    invalid_decisions: int = 0


class ReminderRequest(Payload):
    """Input of `remind_reviewer`."""

    document_id: str
    name: str
    number: int
    escalated: bool
    seconds_left: int
