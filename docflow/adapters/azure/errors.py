"""Turns exceptions of the Azure SDKs into errors of docflow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError

from docflow.adapters.vendor import Vendor
from docflow.errors import DocflowError


@contextmanager
def translated(vendor: Vendor) -> Iterator[None]:
    """Translate what the SDK raises inside the block."""
    try:
        yield
    except AzureError as error:
        raise translate(error, vendor) from error


def translate(error: AzureError, vendor: Vendor) -> DocflowError:
    """Return the error of docflow for an exception of an Azure SDK."""
    if isinstance(error, HttpResponseError) and error.response is not None:
        if error.status_code is not None and error.status_code < 300:
            return vendor.malformed()
        headers: Mapping[str, str] = getattr(error.response, "headers", {})
        return vendor.answered(error.status_code or 0, headers, *error_codes(error))
    if isinstance(error, ClientAuthenticationError):
        return vendor.no_identity()
    return vendor.unreachable(error)


def error_code(error: AzureError) -> str:
    """Return the service's own code of an error, or an empty text."""
    code = getattr(error, "error_code", None) or getattr(
        getattr(error, "error", None), "code", None
    )
    return str(getattr(code, "value", code) or "")


def error_codes(error: AzureError) -> list[str]:
    """Return the service's own codes of an error, from the general one to the innermost.

    The innermost code says most: `InvalidRequest` may be a damaged file or one that is too large.
    """
    codes = [error_code(error)]
    inner = getattr(getattr(error, "error", None), "innererror", None)
    while isinstance(inner, Mapping):
        codes.append(str(inner.get("code") or ""))
        inner = inner.get("innererror")
    return [code for code in codes if code]
