"""A parameter of a blob trigger that is a reference, so that the content is not downloaded.

With an SDK type as annotation, the host sends only container and name of the blob. The official
package for such types imports the storage SDK and azure.identity at start; this module does not.
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
    """Container and name of a blob."""

    def __init__(self, container: str, name: str) -> None:
        super().__init__(data={"ContainerName": container, "BlobName": name})
        self.container = container
        self.name = name

    def get_sdk_type(self) -> BlobReference:
        """Return the value that the function receives."""
        return self

    def __repr__(self) -> str:
        return f"BlobReference({self.container!r}, {self.name!r})"


def _binding_to_register() -> str | None:
    """Return the binding to register, or None if this module has registered it already."""
    registered = get_binding_registry().get(_BINDING)
    if registered is None:
        return _BINDING
    if registered.__qualname__ == "BlobReferenceConverter":
        return None
    raise ConfigurationError(
        f"{registered.__module__} has already registered a converter for blobs; do not import it."
    )


class BlobReferenceConverter(InConverter, binding=_binding_to_register(), trigger=_TRIGGER):
    """A converter from the binding data of the host to a `BlobReference`."""

    @classmethod
    def check_input_type_annotation(cls, pytype: type) -> bool:
        """Return whether this converter handles a parameter with this annotation."""
        return issubclass(pytype, SdkType)

    @classmethod
    def decode(
        cls,
        data: Datum | None,
        *,
        trigger_metadata: Mapping[str, Datum] | None,
        pytype: type | None = None,
    ) -> BlobReference | None:
        """Return the reference; some workers pass `pytype`, others do not."""
        if data is None or data.type is None:
            return None
        if data.type != "model_binding_data":
            raise ValueError(f"expected a reference to a blob, the host sent {data.type!r}")
        content: dict[str, Any] = json.loads(data.value.content)
        return BlobReference(content["ContainerName"], content["BlobName"])

    @classmethod
    def has_implicit_output(cls) -> bool:
        """Return False: a blob trigger has no result."""
        return False
