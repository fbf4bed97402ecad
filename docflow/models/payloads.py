"""The forms of all values: payloads of the durable history, and what comes from and goes outside.

Everything here is frozen. Durable payloads read tolerantly (old histories outlive deploys), what
comes from outside is read strictly. Payloads carry references and counts, never document text.
"""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Payload(BaseModel):
    """A value that travels through the durable history as a JSON object."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        use_attribute_docstrings=True,
        # What failed to be read may be document text, and errors end in logs and histories.
        hide_input_in_errors=True,
    )

    @classmethod
    def load(cls, raw: object) -> Self:
        """Read the value back from what history holds."""
        return cls.model_validate(raw)

    def dump(self) -> dict[str, Any]:
        """Give the JSON object to store; absent values are left out to keep history small."""
        return self.model_dump(mode="json", exclude_none=True)


class CamelForm(BaseModel):
    """A value in the form of the outside: camelCase keys and nothing beyond the schema."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
    )


class Record(CamelForm):
    """A value that leaves the system, every field present."""

    def dump(self) -> dict[str, Any]:
        """Give the JSON object in the outside form."""
        return self.model_dump(mode="json", by_alias=True)


class Done(Payload):
    """Result of an activity that has nothing to tell but that it is done."""
