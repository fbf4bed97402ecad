"""The schemas of the answers of the model, one for each prompt (structured outputs).

The docstrings of fields are part of the schema that the model receives: a changed word changes
what the model is asked. Lengths and ranges are checked after the answer, because strict structured
outputs do not support them.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import ConfigDict

from docflow.models.corrections import Corrections
from docflow.models.payloads import CamelForm, Payload
from docflow.models.states import UrgencyLevel

DocumentType = Literal[
    "invoice", "contract", "letter", "notice", "report", "form", "email", "complaint", "memo",
    "legal", "medical", "other",
]  # fmt: skip
EntityKind = Literal[
    "person", "organization", "amount", "date", "reference", "email", "phone", "address"
]


class ModelAnswer(CamelForm):
    """Base of every structured output."""

    # JSON has no NaN and no infinity: a stored answer with one could not be read again.
    model_config = ConfigDict(allow_inf_nan=False)


class BulletAnswer(ModelAnswer):
    """One statement of the summary, with its evidence."""

    text: str
    """The statement, in the language of the document, at most 40 words."""
    page: int
    """Number of the page that the statement rests on."""
    quote: str
    """5 to 25 consecutive words copied exactly from that page, as evidence for the statement."""


class EntityAnswer(ModelAnswer):
    """Something named in the document."""

    kind: EntityKind
    value: str
    """As written in the document."""
    page: int
    """Number of the page where it stands."""


class ActionAnswer(ModelAnswer):
    """Something that the document asks its reader to do."""

    text: str
    """What is to be done, in one sentence."""
    due_date: str | None
    """Date by which it is due, as YYYY-MM-DD; null where the document names none."""
    page: int
    """Number of the page that asks for it."""


class SummaryAnswer(ModelAnswer):
    """Summary of a document or of a part of it."""

    title: str
    """A short title for the document, at most 12 words."""
    language: str
    """Language of the document as a two-letter ISO 639-1 code."""
    document_type: DocumentType
    """The kind of document."""
    bullets: list[BulletAnswer]
    """3 or 4 statements that together say what matters most; fewer only where the text is short."""
    entities: list[EntityAnswer]
    """At most 20 persons, organizations, amounts, dates and references that matter."""
    actions: list[ActionAnswer]
    """What the document asks its reader to do, most pressing first; empty where it asks nothing."""
    draft_reply: str | None
    """A short, polite reply to the sender; null where no reply is called for."""


class UrgencyAnswer(ModelAnswer):
    """Judgement of how urgent a document is for the organization that received it."""

    level: UrgencyLevel
    """urgent where a person must act within days or harm follows; otherwise normal."""
    score: float
    """How urgent, from 0 (not at all) to 1 (act today)."""
    reasons: list[str]
    """One to three short reasons for the judgement."""


class StoredSummary(Payload):
    """A summary of a document, of a part, or of several parts, as stored in `work`.

    Its values are corrected. The page 0 stands for one that the document does not have.
    """

    answer: SummaryAnswer
    corrections: Corrections = Corrections()


class UrgencyEvidence(Payload):
    """Words of a document that speak for urgency, found by a rule or as a deadline."""

    signal: str
    """Name of the rule; `deadline` for a date."""
    says: str
    """What it means, in plain words."""
    weight: float
    """How much it counts, from 0 to 1."""
    page: int
    quote: str
    """The sentence in which the words stand."""
    day: date | None = None
    """The day by which something is to be done, for a deadline."""
    not_counted: str = ""
    """Why it does not count, if so: the sentence is conditional, settled, past or an example."""


class StoredUrgency(Payload):
    """A judgement of urgency, as stored in `work`; its values are corrected."""

    answer: UrgencyAnswer
    corrections: Corrections = Corrections()
    evidence: list[UrgencyEvidence] = []
    """What the rules found; version 1 did not store it."""
