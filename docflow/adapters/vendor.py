"""How the answers of a service become errors of ours: one table of codes per service.

Throttling, outages and timeouts are transient; a refused key and a refused request are not. The
messages name the service, the status and the service's own short error code, never its prose, which
may repeat what it was sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

from docflow.errors import DocflowError, ErrorCode, PermanentError, TransientError

TRANSIENT_STATUSES = frozenset({408, 425, 429})
"""Beside these, every 5xx."""


@dataclass(frozen=True, slots=True)
class Vendor:
    """A service we call, and the codes for what can go wrong with it."""

    service: str
    throttled: ErrorCode
    unavailable: ErrorCode
    unauthorized: ErrorCode
    rejected: ErrorCode
    access: str
    """What to check where access was denied: the setting and the role."""

    def answered(
        self, status: int, headers: Mapping[str, str], vendor_code: object = None
    ) -> DocflowError:
        """Give the error for an answer with an error status."""
        code = "" if str(vendor_code) == str(status) else _shown(vendor_code)
        seen = f"{self.service} answered {status}{code}"
        if status in TRANSIENT_STATUSES or status >= 500:
            return TransientError(
                self.throttled if status == 429 else self.unavailable,
                f"{seen}; it is busy or away, try again later.",
                retry_after_seconds=retry_after_seconds(headers),
            )
        if status in {401, 403}:
            return PermanentError(self.unauthorized, f"{seen}: {self.access}.")
        return PermanentError(self.rejected, f"{seen}: it does not take this request.")

    def unreachable(self, error: Exception) -> TransientError:
        """Give the error for a request that got no answer."""
        reason = type(error).__name__
        return TransientError(
            self.unavailable, f"{self.service} gave no answer ({reason}); try again later."
        )

    def malformed(self) -> TransientError:
        """Give the error for an answer in another form than agreed; gateways do that at times."""
        return TransientError(
            self.unavailable, f"{self.service} answered in another form than agreed."
        )

    def no_identity(self) -> PermanentError:
        """Give the error for an identity that got no token."""
        return PermanentError(
            self.unauthorized, f"The app's identity got no token for {self.service}: {self.access}."
        )


def _shown(vendor_code: object) -> str:
    """Show a service's error code where it is one, not a sentence."""
    name = str(vendor_code or "")
    return f" ({name})" if re.fullmatch(r"(?!\d+$)[\w.-]{1,64}", name) else ""


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Read how long a service asks to wait: `Retry-After` or its variants in milliseconds."""
    values = {name.lower(): value for name, value in headers.items()}
    for name in ("retry-after-ms", "x-ms-retry-after-ms"):
        milliseconds = _number(values.get(name))
        if milliseconds is not None:
            return milliseconds / 1000
    return _seconds(values.get("retry-after"))


def _seconds(value: str | None) -> float | None:
    seconds = _number(value)
    if seconds is not None or value is None:
        return seconds
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (moment.astimezone(UTC) - datetime.now(UTC)).total_seconds())


def _number(value: str | None) -> float | None:
    if value is None or not re.fullmatch(r"\s*\d{1,9}(\.\d+)?\s*", value):
        return None
    return float(value)


def is_loopback(url: str) -> bool:
    """Whether an address leads to this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
