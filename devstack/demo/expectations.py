"""`samples/manifest.json`: what is to become of each sample."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from devstack.stack.errors import StackError


class Expectation(BaseModel):
    """How one document is to end; what is left out may be anything."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    status: str
    code: str | None = None
    urgency: str | None = None
    review: bool | None = None


class Sample(BaseModel):
    """One file to drop."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    file: str
    expect: Expectation


def read_manifest(folder: Path) -> list[Sample]:
    """The samples of a folder, in the order of its manifest."""
    path = folder / "manifest.json"
    try:
        samples = TypeAdapter(list[Sample]).validate_python(
            json.loads(path.read_text(encoding="utf-8"))
        )
    except (OSError, ValueError, ValidationError) as error:
        raise StackError(f"The manifest of the samples cannot be read: {error}") from None
    missing = [sample.file for sample in samples if not (folder / sample.file).is_file()]
    if missing or not samples:
        raise StackError(f"Samples are missing in {folder}: {', '.join(missing) or 'all of them'}")
    return samples
