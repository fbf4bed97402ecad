"""A blob trigger parameter that is a reference, not the content: nothing is downloaded.

With an SDK-type annotation the host sends only where the blob is. The official package for such
types imports the storage SDK and azure.identity at start-up; this one needs neither.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from azurefunctions.extensions.base import Datum, InConverter, SdkType, get_binding_registry

from docflow.errors import ConfigurationError

_BINDING = "blob"
_TRIGGER = "blobTrigger"


class BlobReference(SdkType):
    """Where a blob is."""

    def __init__(self, container: str, name: str) -> None:
        super().__init__(data={"ContainerName": container, "BlobName": name})
        self.container = container
        self.name = name

    def get_sdk_type(self) -> BlobReference:
        """Give what the function receives."""
        return self

    def __repr__(self) -> str:
        return f"BlobReference({self.container!r}, {self.name!r})"


def _binding_to_register() -> str | None:
    """Give the binding to register for; None where this module, loaded twice, did it already."""
    registered = get_binding_registry().get(_BINDING)
    if registered is None:
        return _BINDING
    if registered.__qualname__ == "BlobReferenceConverter":
        return None
    raise ConfigurationError(
        f"{registered.__module__} registered a converter for blobs already; do not import it."
    )


class BlobReferenceConverter(InConverter, binding=_binding_to_register(), trigger=_TRIGGER):
    """Makes the reference from the binding data that the host sends."""

    @classmethod
    def check_input_type_annotation(cls, pytype: type) -> bool:
        """Whether a parameter with this annotation is served here."""
        return issubclass(pytype, SdkType)

    @classmethod
    def decode(
        cls,
        data: Datum | None,
        *,
        trigger_metadata: Mapping[str, Datum] | None,
        pytype: type | None = None,
    ) -> BlobReference | None:
        """Read the reference; workers differ in whether they pass `pytype`."""
        if data is None or data.type is None:
            return None
        if data.type != "model_binding_data":
            raise ValueError(f"expected a reference to a blob, the host sent {data.type!r}")
        content: dict[str, Any] = json.loads(data.value.content)
        return BlobReference(content["ContainerName"], content["BlobName"])

    @classmethod
    def has_implicit_output(cls) -> bool:
        """A blob trigger has no result."""
        return False
