"""Base classes of all values: payloads in the durable history, and JSON of the outside.

All values are frozen. Payloads ignore unknown fields, because histories outlive deployments; values
from outside must match exactly. Payloads contain references and counts, never document text. Their
fields are stored in history under their own names. Where a payload is part of a record, its keys
are in camelCase, as all keys of a record.
"""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
UsDollars = Annotated[float, Field(ge=0)]


class Payload(BaseModel):
    """A value that is stored in the durable history as a JSON object."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        loc_by_alias=False,
        use_attribute_docstrings=True,
        json_schema_serialization_defaults_required=True,
        # The input may be document text, and errors are written to logs and histories.
        hide_input_in_errors=True,
    )

    @classmethod
    def load(cls, raw: object) -> Self:
        """Return the value of a JSON object from history."""
        return cls.model_validate(raw)

    def dump(self) -> dict[str, Any]:
        """Return the JSON object to store, without None values to keep history small."""
        return self.model_dump(mode="json", exclude_none=True)


class Done(Payload):
    """Result of an activity that returns no value."""


class CamelForm(BaseModel):
    """A value that comes from outside or goes outside: camelCase keys, no unknown fields."""

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
    """A value that leaves the system; every field is present."""

    @classmethod
    def of(cls, *values: BaseModel, **fields: Any) -> Self:  # noqa: ANN401 - of any field
        """Return a record with the fields of the same names from some values.

        Args:
            values: if several have a field of the same name, the last one is used.
            fields: fields that the values do not have, or have in another form.
        """
        shared = {
            name: getattr(value, name)
            for value in values
            for name in cls.model_fields
            if name in type(value).model_fields
        }
        return cls(**{**shared, **fields})

    def dump(self) -> dict[str, Any]:
        """Return the JSON object with camelCase keys."""
        return self.model_dump(mode="json", by_alias=True)
