"""OCR by Azure AI Document Intelligence, model `prebuilt-read`.

A page costs money each time it is analyzed, so no analysis is retried in here: the caller decides.
Requests for its result are free, and are sent again where they fail.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

from azure.ai.formrecognizer import DocumentAnalysisClient
from azure.core.credentials import AzureKeyCredential, TokenCredential
from azure.core.exceptions import AzureError, HttpResponseError
from azure.core.rest import HttpRequest

from docflow.adapters.azure.errors import error_codes, translate
from docflow.adapters.azure.ocr_poller import AnalysisPoller, default_waits
from docflow.adapters.azure.ocr_result import page_text
from docflow.adapters.transport import new_transport
from docflow.adapters.vendor import Vendor, shown_codes
from docflow.errors import DocflowError, ErrorCode, PermanentError, TransientError, WastedPageError
from docflow.models.pages import PageText

MODEL = "prebuilt-read"
API_VERSION = "2023-07-31"
CONNECT_SECONDS = 10
READ_SECONDS = 60
PATH = re.compile(r"/(formrecognizer|documentintelligence)(/.*)?$")
"""What may follow the endpoint where somebody has copied the address of a call."""
TOO_LARGE = frozenset(
    {"InvalidContentLength", "InvalidContentDimensions", "TooManyPages", "InvalidImageSize"}
    | {"RequestEntityTooLarge"}
)
"""Codes of a page beyond a limit of the service, or of its tier
(https://learn.microsoft.com/azure/ai-services/document-intelligence/v3-error-guide)."""
PASSING_FAILURES = frozenset({"InternalServerError", "ServiceUnavailable", "Timeout"})
"""Codes of a failed analysis that are not caused by the page."""

SUBDOMAIN = "custom subdomain"
"""Words with which a regional endpoint refuses a token: it accepts keys alone."""
QUOTA_SPENT = "Out of call volume quota"
"""Text with which the free tier says, with status 403, that it is throttled."""

OCR = Vendor(
    service="Document Intelligence",
    throttled=ErrorCode.OCR_THROTTLED,
    unavailable=ErrorCode.OCR_UNAVAILABLE,
    unauthorized=ErrorCode.OCR_UNAUTHORIZED,
    rejected=ErrorCode.OCR_PAGE_REJECTED,
    access="check DOCUMENT_INTELLIGENCE_KEY, or give the app's identity the role Cognitive "
    "Services User",
)


class DocumentIntelligenceOcr:
    """Reads one page a call, or a whole document that has no pages of its own."""

    def __init__(
        self,
        endpoint: str,
        credential: AzureKeyCredential | TokenCredential,
        *,
        timeout_seconds: float,
        waits: Callable[[], Iterator[float]] = default_waits,
    ) -> None:
        self._endpoint = PATH.sub("", endpoint.partition("?")[0].rstrip("/"))
        self._credential = credential
        self._timeout_seconds = timeout_seconds
        self._waits = waits

    def read_page(self, content: bytes, *, number: int, again: bool = False) -> PageText:
        """Recognize one page, given as a one-page PDF or a picture, or a whole document.

        The service is asked in any case, so `again` makes no difference here.
        """
        del again
        deadline = time.monotonic() + self._timeout_seconds
        polling = AnalysisPoller(OCR, deadline=deadline, waits=self._waits())
        begun = False
        try:
            poller = self._client.begin_analyze_document(MODEL, content, polling=polling)
            begun = True
            poller.wait(self._timeout_seconds)
            if not poller.done():
                raise _out_of_time(self._timeout_seconds)
            return page_text(poller.result(), number)
        except AzureError as error:
            raise _result_failure(error) if begun else _request_failure(error) from error
        except (AttributeError, TypeError, ValueError) as error:
            # The SDK does not validate answers before it reads them.
            raise (_wasted(OCR.malformed()) if begun else OCR.malformed()) from error

    def check(self) -> None:
        """Raise where the service cannot be reached, refuses the key, or has no such model.

        It costs nothing: the service is asked to describe the model.
        """
        described = HttpRequest(
            "GET", f"/documentModels/{MODEL}", params={"api-version": API_VERSION}
        )
        try:
            self._client.send_request(described).raise_for_status()
        except AzureError as error:
            raise _request_failure(error) from error

    @cached_property
    def _client(self) -> DocumentAnalysisClient:
        options: dict[str, Any] = {
            "api_version": API_VERSION,
            "retry_total": 0,
            "transport": new_transport(
                connect_seconds=CONNECT_SECONDS,
                read_seconds=min(READ_SECONDS, self._timeout_seconds),
            ),
        }
        return DocumentAnalysisClient(self._endpoint, self._credential, **options)


def _out_of_time(seconds: float) -> WastedPageError:
    return WastedPageError(
        ErrorCode.OCR_TIMEOUT,
        f"Document Intelligence did not finish the page in {seconds:g} s (OCR_TIMEOUT_SECONDS).",
    )


def _request_failure(error: AzureError) -> DocflowError:
    if not isinstance(error, HttpResponseError):
        return translate(error, OCR)
    if error.status_code == 404:
        return _not_found(error)
    if QUOTA_SPENT in error.message:
        return TransientError(
            ErrorCode.OCR_THROTTLED, "The quota of the free tier is used up; try again later."
        )
    if error.status_code == 400 and SUBDOMAIN in error.message:
        return PermanentError(
            ErrorCode.OCR_UNAUTHORIZED,
            "DOCUMENT_INTELLIGENCE_ENDPOINT is the address of a region, which accepts keys alone: "
            "set the address of the resource itself, https://NAME.cognitiveservices.azure.com, or "
            "a key.",
        )
    if error.status_code == 413 or TOO_LARGE.intersection(error_codes(error)):
        return _too_large(error)
    return translate(error, OCR)


def _not_found(error: HttpResponseError) -> PermanentError:
    """Return the error for a 404: no such model, no such path, or no such service."""
    codes = error_codes(error)
    if "ModelNotFound" in codes:
        return PermanentError(
            ErrorCode.OCR_MODEL_NOT_FOUND,
            f"Document Intelligence has no model {MODEL} in API version {API_VERSION}: use a "
            "resource in a region that offers it.",
        )
    if codes:
        return PermanentError(
            ErrorCode.OCR_PATH_NOT_FOUND,
            "An API answers at DOCUMENT_INTELLIGENCE_ENDPOINT, but it is not Document Intelligence "
            "(status 404): set the endpoint of that resource, without a path.",
        )
    return PermanentError(
        ErrorCode.OCR_NOT_FOUND,
        "DOCUMENT_INTELLIGENCE_ENDPOINT is not a Document Intelligence (status 404, no JSON): "
        "check host name and port.",
    )


def _too_large(error: HttpResponseError) -> PermanentError:
    shown = shown_codes(error.status_code or 0, *error_codes(error))
    return PermanentError(
        ErrorCode.OCR_PAGE_TOO_LARGE,
        f"The page is larger than Document Intelligence accepts{shown}: 4 MB in the free tier F0, "
        "500 MB in S0, and at most 10,000 pixels a side. Use S0, or lower MAX_PAGE_PIXELS.",
    )


def _result_failure(error: AzureError) -> DocflowError:
    """Return the error for a failed analysis (status 200), or a failed request for its result."""
    if not isinstance(error, HttpResponseError) or error.status_code is None:
        return _wasted(OCR.unreachable(error))
    if error.status_code == 404:
        return WastedPageError(
            ErrorCode.OCR_UNAVAILABLE,
            "Document Intelligence no longer has the result; the page is read again.",
        )
    if error.status_code != 200:
        return _wasted(translate(error, OCR))
    codes = error_codes(error)
    if not codes:
        return _wasted(OCR.malformed())
    shown = shown_codes(200, *codes)
    if TOO_LARGE.intersection(codes):
        return _too_large(error)
    if PASSING_FAILURES.intersection(codes):
        return TransientError(ErrorCode.OCR_UNAVAILABLE, f"The analysis of the page failed{shown}.")
    return PermanentError(
        ErrorCode.OCR_PAGE_REJECTED, f"Document Intelligence could not read the page{shown}."
    )


def _wasted(failure: DocflowError) -> DocflowError:
    """Return a transient failure as one where the page may have been analyzed, and billed."""
    if not isinstance(failure, TransientError):
        return failure
    pause = failure.retry_after_seconds
    return WastedPageError(failure.code, failure.message, retry_after_seconds=pause)
