"""`samples/manifest.json`: what is to become of each sample."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from devstack.client.progress import Row
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
    demo_decision: Literal["approve", "reject"] | None = None
    """What the reviewer of the demo decides, where the document waits for that."""


class Attached(Foreseen):
    """What comes with a mail, and becomes a document of its own."""

    name: str


class Sample(Foreseen):
    """One file to drop."""

    file: str
    attachments: list[Attached] = []


class Manifest(_Tolerant):
    """All samples, in the order in which they are dropped and told about."""

    documents: list[Sample] = Field(min_length=1)


class Expectations:
    """What is to become of the documents that were dropped, and of what is attached to them."""

    def __init__(self, dropped: Mapping[str, Sample]) -> None:
        self._dropped = dropped

    def of(self, row: Row) -> Foreseen | None:
        """Return what is to become of a document; None for an attachment that nobody expects."""
        if row.mail is None:
            return self._dropped[row.document_id]
        attached = self._dropped[row.mail].attachments
        return next((each for each in attached if each.name == row.name), None)

    def decision(self, row: Row) -> Literal["approve", "reject"] | None:
        """Return what the reviewer decides about a document."""
        foreseen = self.of(row)
        return foreseen.demo_decision if foreseen else None

    def differences(self, rows: Sequence[Row]) -> Iterator[str]:
        """Yield one line for each attachment too many, and for each that is missing."""
        for row in rows:
            if self.of(row) is None:
                yield f"{row.name}: an attachment that the manifest does not name"
        arrived = {(row.mail, row.name) for row in rows}
        for identifier, sample in self._dropped.items():
            for each in sample.attachments:
                if (identifier, each.name) not in arrived:
                    yield f"{each.name}: did not come out of {sample.file}"


def read_samples(folder: Path) -> dict[Path, Sample]:
    """Return the samples below a folder, by their files."""
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
