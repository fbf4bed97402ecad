"""Requests for the result of an analysis: when they are sent, and what is done where they fail.

Document Intelligence accepts 15 analyses and 50 requests for results a second by default
(https://learn.microsoft.com/azure/ai-services/document-intelligence/service-limits): 3.3 requests
for each analysis. The schedule needs 3 for an analysis of up to 1.75 s, and 4 up to 3.3 s.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from azure.core.exceptions import AzureError, HttpResponseError
from azure.core.polling.base_polling import BadResponse, LROBasePolling

from docflow.adapters.azure.errors import translate
from docflow.adapters.vendor import Vendor, retry_after_seconds
from docflow.errors import ErrorCode, TransientError, WastedPageError

SECOND_WAIT_SECONDS = 0.7
"""The first request is sent at once, as the SDK does: it is free, and a small page may be done."""
GROWTH = 1.5
"""Factor from one further wait to the next, since nobody knows when the analysis ends."""
LONGEST_WAIT_SECONDS = 3.0
ATTEMPTS = 5
"""How often a request for a result is sent in a row where it fails."""


def default_waits() -> Iterator[float]:
    """Return the seconds to wait before each request for one result, without end."""
    yield 0
    wait = SECOND_WAIT_SECONDS
    while True:
        yield wait
        wait = min(LONGEST_WAIT_SECONDS, wait * GROWTH)


class AnalysisPoller(LROBasePolling[Any, Any, Any]):
    """Requests the result by a schedule and up to a deadline; the SDK would go on without end.

    It overrides public methods of the SDK only: `run` and `request_status`.

    Args:
        vendor: the codes of failures.
        deadline: monotonic time at which to give up.
        waits: seconds to wait before each request, where the service does not ask for others.
    """

    def __init__(self, vendor: Vendor, *, deadline: float, waits: Iterator[float]) -> None:
        super().__init__()
        self._vendor = vendor
        self._deadline = deadline
        self._waits = waits
        self._requested_wait: float | None = None
        self._response: Any = None

    def run(self) -> None:
        """Wait for the end of the analysis.

        Raises:
            AzureError: the analysis, or a request for its result, failed.
            WastedPageError: there was no result before the deadline.
        """
        try:
            while not self.finished():
                self.update_status()
        except BadResponse as error:
            raise HttpResponseError(str(error), response=self._response) from error
        super().run()  # raises where the analysis ended with a failure

    def request_status(self, status_link: str) -> Any:  # noqa: ANN401 - as the base class has it
        """Wait, then request the result.

        A request that fails is sent again a few times. It costs nothing, while a page that is given
        up has to be analyzed, and paid for, again.
        """
        self._wait(self._requested_wait or next(self._waits))
        for _ in range(ATTEMPTS - 1):
            try:
                return self._request(status_link)
            except AzureError as error:
                if not self._wait_after(error):
                    raise
        return self._request(status_link)

    def _request(self, link: str) -> Any:  # noqa: ANN401 - as the base class has it
        answer = super().request_status(link)
        self._response = answer.http_response
        if self._response.status_code >= 300:
            raise HttpResponseError(response=self._response)
        self._requested_wait = retry_after_seconds(self._response.headers)
        return answer

    def _wait(self, seconds: float) -> None:
        """Wait, but not beyond the deadline: a thread would be kept that nobody waits for."""
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise WastedPageError(ErrorCode.OCR_TIMEOUT, "The analysis of the page took too long.")
        time.sleep(min(seconds, remaining))

    def _wait_after(self, error: AzureError) -> bool:
        """Wait after a failed request; return whether another one may help and is in time."""
        failure = translate(error, self._vendor)
        if not isinstance(failure, TransientError):
            return False
        pause = failure.retry_after_seconds or next(self._waits)
        if time.monotonic() + pause > self._deadline:
            return False
        time.sleep(pause)
        return True
