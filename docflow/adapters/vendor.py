"""Turns the answers of a service into errors of docflow: one table of codes per service.

Throttling, outages and timeouts are transient; a refused key and a refused request are not. The
messages name the service, the status and the short error code of the service. They never hold its
error text, which may repeat what was sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from docflow.errors import DocflowError, ErrorCode, PermanentError, TransientError

TRANSIENT_STATUSES = frozenset({408, 425, 429})
"""Every 5xx is transient too."""


@dataclass(frozen=True, slots=True)
class Vendor:
    """A service that docflow calls, and the codes of its failures."""

    service: str
    throttled: ErrorCode
    unavailable: ErrorCode
    unauthorized: ErrorCode
    rejected: ErrorCode
    access: str
    """What to check where access was denied: the setting and the role."""

    def answered(
        self, status: int, headers: Mapping[str, str], *vendor_codes: object
    ) -> DocflowError:
        """Return the error for an answer with an error status.

        Args:
            status: of the answer.
            headers: of the answer.
            vendor_codes: the service's own codes, from the general one to the innermost.
        """
        seen = f"{self.service} answered {status}{shown_codes(status, *vendor_codes)}"
        if status in TRANSIENT_STATUSES or status >= 500:
            return TransientError(
                self.throttled if status == 429 else self.unavailable,
                f"{seen}; it is busy or not available, try again later.",
                retry_after_seconds=retry_after_seconds(headers),
            )
        if status in {401, 403}:
            return PermanentError(self.unauthorized, f"{seen}: {self.access}.")
        return PermanentError(self.rejected, f"{seen}: it does not accept this request.")

    def unreachable(self, error: Exception) -> TransientError:
        """Return the error for a request that got no answer."""
        reason = type(error).__name__
        return TransientError(
            self.unavailable, f"{self.service} gave no answer ({reason}); try again later."
        )

    def malformed(self) -> TransientError:
        """Return the error for an answer in an unexpected format; gateways sometimes send one."""
        return TransientError(
            self.unavailable, f"{self.service} answered in an unexpected format; try again later."
        )

    def no_identity(self) -> PermanentError:
        """Return the error for an identity that got no token."""
        return PermanentError(
            self.unauthorized, f"The app's identity got no token for {self.service}: {self.access}."
        )


def shown_codes(status: int, *vendor_codes: object) -> str:
    """Return the error codes of a service for a message, each once; a sentence is no code."""
    names = dict.fromkeys(str(code or "") for code in vendor_codes)
    shown = [
        name
        for name in names
        if name != str(status) and re.fullmatch(r"(?!\d+$)[\w.-]{1,64}", name)
    ]
    return f" ({', '.join(shown)})" if shown else ""


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Return how long a service asks to wait: `Retry-After`, or its variants in milliseconds.

    A date is compared with the `Date` of the answer, where there is one: the clock of the service
    may differ from the clock here. Whoever waits sets an upper bound.
    """
    values = {name.lower(): value for name, value in headers.items()}
    for name in ("retry-after-ms", "x-ms-retry-after-ms"):
        milliseconds = _number(values.get(name))
        if milliseconds is not None:
            return milliseconds / 1000
    value = values.get("retry-after")
    seconds = _number(value)
    if seconds is not None:
        return seconds
    moment = _moment(value)
    if moment is None:
        return None
    sent = _moment(values.get("date")) or datetime.now(UTC)
    return max(0.0, (moment - sent).total_seconds())


def _moment(value: str | None) -> datetime | None:
    """Return an HTTP date; all of them are in GMT (RFC 9110, section 5.6.7)."""
    try:
        moment = parsedate_to_datetime(value) if value else None
    except ValueError:
        return None
    if moment is None or moment.tzinfo is not None:
        return moment
    return moment.replace(tzinfo=UTC)


def _number(value: str | None) -> float | None:
    if value is None or not re.fullmatch(r"\s*\d{1,9}(\.\d+)?\s*", value):
        return None
    return float(value)
