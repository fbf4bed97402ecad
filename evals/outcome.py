"""What was made of one document: the values that figures are counted from, whoever made them."""

from __future__ import annotations

from datetime import date
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from docflow.models.states import UrgencyLevel
from evals.labelled import LabelledDocument


class Statement(BaseModel):
    """A bullet of a summary."""

    model_config = ConfigDict(frozen=True)

    text: str
    page: int | None = None
    quote: str = ""
    grounded: bool = False


class Usage(BaseModel):
    """What the model was asked, and what that cost."""

    model_config = ConfigDict(frozen=True)

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    schema_failures: int = 0
    """Answers that did not fit their schema."""
    blocked: int = 0
    """Calls without an answer: refused, filtered or cut off."""
    usd: float = 0

    def plus(self, other: Usage) -> Usage:
        """Return the sum of both."""
        return Usage(**{name: value + getattr(other, name) for name, value in self})


class Outcome(BaseModel):
    """How a document was judged and summarized."""

    model_config = ConfigDict(frozen=True)

    level: UrgencyLevel | None
    """None where the document failed before it was judged."""
    score: float = 0
    raised: bool = False
    """Whether it is urgent, or goes to a person because of its urgency."""
    reasons: tuple[str, ...] = ()
    """Reasons and signals, for the reader of a report."""
    due: tuple[date, ...] = ()
    """All dates that were given as a deadline or as the due date of an action."""
    title: str = ""
    summary: tuple[Statement, ...] | None = None
    """None where nothing was summarized, as by the rules alone."""
    status: str = ""
    usage: Usage = Usage()

    @property
    def urgent(self) -> bool:
        """Return whether the document was judged urgent."""
        return self.level is UrgencyLevel.URGENT


class Judge(Protocol):
    """Whatever judges documents; it may be called from several threads."""

    def __call__(self, document: LabelledDocument) -> Outcome:
        """Return what becomes of a document."""
