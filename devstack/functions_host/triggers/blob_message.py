"""The message that stands for a blob until its function has run, as the real trigger writes it."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any
from urllib.parse import unquote, urlsplit

from azure.storage.blob import (
    BlobProperties,
)

from devstack.functions_host.engine.events import compact

ID_PREFIX = "Host.Functions."


def split_blob_url(url: str) -> tuple[str, str]:
    """Return container and name; the account is in the path only where the host is an IP."""
    parts = urlsplit(url)
    path = unquote(parts.path).lstrip("/")
    if _is_ip(parts.hostname or ""):
        path = path.partition("/")[2]
    container, _, name = path.partition("/")
    return container, name


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def quoted(etag: object) -> str:
    """Return an ETag in its quotation marks."""
    return f'"{str(etag).strip(chr(34))}"'


def blob_message(function: str, kind: str, container: str, blob: str, etag: str | None) -> str:
    """Return the JSON text of a message."""
    return compact(
        {
            "Type": "BlobTrigger",
            "FunctionId": ID_PREFIX + function,
            "BlobType": kind,
            "ContainerName": container,
            "BlobName": blob,
            "ETag": etag,
        }
    )


def blob_properties(properties: BlobProperties) -> dict[str, Any]:
    """Return the properties of a blob as trigger metadata has them."""
    settings = properties.content_settings
    return {
        "ETag": quoted(properties.etag),
        "LastModified": properties.last_modified.isoformat(),
        "CreatedOn": properties.creation_time.isoformat(),
        "ContentLength": properties.size,
        "Length": properties.size,
        "ContentType": settings.content_type,
        "ContentEncoding": settings.content_encoding,
        "BlobType": str(getattr(properties.blob_type, "value", properties.blob_type)),
    }
