"""OCR by Azure AI Document Intelligence, model `prebuilt-read`.

A page costs money each time it is analyzed, so no analysis is retried in here: the caller decides.
Requests for its result are free, and are sent again where they fail.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

from azure.ai.formrecognizer import DocumentAnalysisClient
from azure.core.credentials import AzureKeyCredential, TokenCredential
from azure.core.exceptions import AzureError, HttpResponseError
from azure.core.rest import HttpRequest

from docflow.adapters.azure.errors import error_code, translate, translated
from docflow.adapters.azure.ocr_poller import AnalysisPoller, default_waits
from docflow.adapters.azure.ocr_result import page_text
from docflow.adapters.transport import new_transport
from docflow.adapters.vendor import Vendor
from docflow.errors import DocflowError, ErrorCode, PermanentError, TransientError, WastedPageError
from docflow.models.pages import PageText

MODEL = "prebuilt-read"
API_VERSION = "2023-07-31"
CONNECT_SECONDS = 10
READ_SECONDS = 60
PASSING_FAILURES = frozenset({"InternalServerError", "ServiceUnavailable", "Timeout"})
"""Codes of a failed analysis that are not caused by the page."""

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
        self._endpoint = endpoint
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
        """Raise where the service cannot be reached."""
        with translated(OCR):
            answer = self._client.send_request(HttpRequest("GET", "/info"))
        if answer.status_code != 404 and answer.status_code >= 400:
            raise OCR.answered(answer.status_code, answer.headers)

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
    if isinstance(error, HttpResponseError) and error.status_code == 404:
        return PermanentError(
            ErrorCode.OCR_NOT_FOUND,
            "DOCUMENT_INTELLIGENCE_ENDPOINT is not a Document Intelligence (status 404): check it.",
        )
    if isinstance(error, HttpResponseError) and QUOTA_SPENT in error.message:
        return TransientError(
            ErrorCode.OCR_THROTTLED, "The quota of the free tier is used up; try again later."
        )
    return translate(error, OCR)


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
    code = error_code(error)
    if not code:
        return _wasted(OCR.malformed())
    if code in PASSING_FAILURES:
        return TransientError(
            ErrorCode.OCR_UNAVAILABLE, f"The analysis of the page failed ({code})."
        )
    return PermanentError(
        ErrorCode.OCR_PAGE_REJECTED, f"Document Intelligence could not read the page ({code})."
    )


def _wasted(failure: DocflowError) -> DocflowError:
    """Return a transient failure as one where the page may have been analyzed, and billed."""
    if not isinstance(failure, TransientError):
        return failure
    pause = failure.retry_after_seconds
    return WastedPageError(failure.code, failure.message, retry_after_seconds=pause)
