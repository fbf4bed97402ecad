"""The decision of a person."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from docflow.models.payloads import Payload
from docflow.models.states import UrgencyLevel


class ApprovalDecision(BaseModel):
    """Body of the external event `ApprovalDecision`; read strictly, it comes from outside."""

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
    """Bullets that replace those of the model."""
    urgency: UrgencyLevel | None = None
    """The level the reviewer sets instead of the one that was decided."""


class StoredDecision(Payload):
    """What was decided about a document, stored once and for good: the first one wins."""

    decision: ApprovalDecision | None = None
    """None where the time ran out with no decision."""
    decided_at: datetime
    via: Literal["event", "api"] = "api"


class SettlementRequest(Payload):
    """Input of `settle_decision`.

    `candidate` is stored where nothing was before; None only asks what has been stored.
    """

    document_id: str
    candidate: StoredDecision | None = None


class Settlement(Payload):
    """Result of `settle_decision`: what stands, if anything does."""

    stored: StoredDecision | None = None


class ReviewOutcome(Payload):
    """How the wait for a person ended."""

    decision: ApprovalDecision | None = None
    """None where nobody decided in time."""
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
