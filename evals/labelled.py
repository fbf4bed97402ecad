"""The labelled documents: their form, and what must hold for each of them."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from docflow.models.states import UrgencyLevel

FOLDER = Path(__file__).parent / "documents"

Kind = Literal[
    "alert", "authority", "bank", "court", "employment", "form", "insurance", "invoice", "letter",
    "logistics", "mail", "marketing", "medical", "minutes", "notice", "product-safety", "report",
    "school", "security", "tenancy", "utility",
]  # fmt: skip
"""What sort of document it is, as its reader would say."""

Tag = Literal[
    "alarming-name", "calming", "conditional", "danger", "date-lookalike", "deadline-passed",
    "drill", "false-urgency", "far-deadline", "fiction", "footer", "form-fields", "forwarded",
    "injection", "late-in-text", "long", "mail", "negated", "numeric-date", "ocr-noise", "past",
    "postscript", "quoted-mail", "recall-elsewhere", "relative-deadline", "sample", "settled",
    "shouting-terms", "subject-line", "table", "thanks", "understated",
]  # fmt: skip
"""What makes a document hard to judge; README.md explains each."""


class LabelledDocument(BaseModel):
    """A document with the answers that a careful reader would give."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z]{2}-[a-z0-9]+(-[a-z0-9]+)*$")
    """Begins with the code of the language."""
    language: str = Field(pattern=r"^[a-z]{2}$")
    """ISO 639-1."""
    kind: Kind
    label: UrgencyLevel
    received: date
    """The day on which the organization gets the document."""
    tags: tuple[Tag, ...] = Field(min_length=1)
    facts: tuple[str, ...] = Field(min_length=2, max_length=4)
    """Words of the document of which a good summary holds each."""
    deadline: date | None = None
    """The last day on which the reader can still do what the document asks, where there is one."""
    pages: tuple[str, ...] = Field(min_length=1)

    @property
    def text(self) -> str:
        """Return all pages, separated by form feeds."""
        return "\f".join(self.pages)

    @property
    def urgent(self) -> bool:
        """Return whether a person must act within days."""
        return self.label is UrgencyLevel.URGENT

    @model_validator(mode="before")
    @classmethod
    def _one_page_is_a_text(cls, raw: Any) -> Any:  # noqa: ANN401 - any value of YAML
        if isinstance(raw, dict) and "text" in raw:
            if "pages" in raw:
                raise ValueError("a document has either a text or pages")
            raw = {**raw, "pages": (raw["text"],)}
            del raw["text"]
        return raw

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if not self.id.startswith(f"{self.language}-"):
            raise ValueError(f"{self.id}: the id does not begin with {self.language}")
        words = unwrapped(self.text)
        for fact in self.facts:
            if unwrapped(fact) not in words:
                raise ValueError(f"{self.id}: {fact!r} does not stand in the text")
        early = self.deadline is not None and self.deadline < self.received
        if early and "deadline-passed" not in self.tags:
            raise ValueError(f"{self.id}: the deadline is before the day of receipt")
        return self


class DocumentFile(BaseModel):
    """One file of documents, all in one language."""

    model_config = ConfigDict(extra="forbid")

    language: str
    documents: list[LabelledDocument] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _hand_on_the_language(cls, raw: Any) -> Any:  # noqa: ANN401 - any value of YAML
        language = raw["language"]
        documents = [{**document, "language": language} for document in raw["documents"]]
        return {**raw, "documents": documents}


@cache
def load_documents(folder: Path = FOLDER) -> tuple[LabelledDocument, ...]:
    """Return the documents of all files of a folder, by file and in the order of each.

    Raises:
        ValueError: a file is not of this form, or two documents have the same id.
    """
    found: dict[str, LabelledDocument] = {}
    for file in sorted(folder.glob("*.yaml")):
        raw = yaml.safe_load(file.read_text(encoding="utf-8"))
        for document in DocumentFile.model_validate(raw).documents:
            if document.id in found:
                raise ValueError(f"{file.name}: there are two documents {document.id!r}")
            found[document.id] = document
    return tuple(found.values())


def unwrapped(text: str) -> str:
    """Return a text with one blank for each run of blanks and line ends."""
    return " ".join(text.split())
