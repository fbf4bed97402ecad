"""The forms of all values: payloads of the durable history, and what comes from and goes outside.

Everything here is frozen. Durable payloads read tolerantly (old histories outlive deploys), what
comes from outside is read strictly. Payloads carry references and counts, never document text.
History holds their fields by name; where one of them leaves the system, as a part of a record, its
keys are in camelCase like all others there.
"""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
UsDollars = Annotated[float, Field(ge=0)]


class Payload(BaseModel):
    """A value that travels through the durable history as a JSON object."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        loc_by_alias=False,
        use_attribute_docstrings=True,
        json_schema_serialization_defaults_required=True,
        # What failed to be read may be document text, and errors end in logs and histories.
        hide_input_in_errors=True,
    )

    @classmethod
    def load(cls, raw: object) -> Self:
        """Read the value back from what history holds."""
        return cls.model_validate(raw)

    def dump(self) -> dict[str, Any]:
        """Return the JSON object to store; absent values are left out to keep history small."""
        return self.model_dump(mode="json", exclude_none=True)


class Done(Payload):
    """Result of an activity that has nothing to tell but that it is done."""


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

    @classmethod
    def of(cls, *values: BaseModel, **fields: Any) -> Self:  # noqa: ANN401 - of any field
        """Project values: take the fields that this record shares with them by name.

        Args:
            values: where several have a field of one name, the last one counts.
            fields: what the values do not have, or have in another form.
        """
        shared = {
            name: getattr(value, name)
            for value in values
            for name in cls.model_fields
            if name in type(value).model_fields
        }
        return cls(**{**shared, **fields})

    def dump(self) -> dict[str, Any]:
        """Return the JSON object in the outside form."""
        return self.model_dump(mode="json", by_alias=True)
