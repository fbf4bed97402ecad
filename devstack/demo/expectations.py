"""`samples/manifest.json`: what is to become of each sample."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from devstack.stack.errors import StackError


class _Tolerant(BaseModel):
    """The manifest says more than the demo asks of it."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel)


class Expectation(_Tolerant):
    """How one document is to end; None may be anything."""

    status: str
    code: str | None = None
    urgency: str | None = None
    review: bool | None = None


class Foreseen(_Tolerant):
    """What is to become of one document."""

    expect: Expectation
    pages_by_method: dict[str, int] = {}


class Attached(Foreseen):
    """What comes with a mail, and becomes a document of its own."""

    name: str


class Sample(Foreseen):
    """One file to drop."""

    file: str
    attachments: list[Attached] = []
    demo_decision: Literal["approve", "reject"] | None = None
    """What the reviewer of the demo decides, where the document waits for that."""


class Manifest(_Tolerant):
    """All samples, in the order in which they are dropped and told about."""

    documents: list[Sample] = Field(min_length=1)


def read_samples(folder: Path) -> dict[Path, Sample]:
    """The samples below a folder, by their files."""
    try:
        text = (folder / "manifest.json").read_text(encoding="utf-8")
        samples = Manifest.model_validate_json(text).documents
    except (OSError, ValidationError) as error:
        raise StackError(f"The manifest of the samples cannot be read: {error}") from None
    files = {folder / "files" / sample.file: sample for sample in samples}
    missing = [path.name for path in files if not path.is_file()]
    if missing:
        raise StackError(f"Samples are missing in {folder / 'files'}: {', '.join(missing)}")
    return files
