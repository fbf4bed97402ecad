"""The time of this machine."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """The clock outside orchestrations; inside them time comes from the history."""

    def now(self) -> datetime:
        """Return the current time, in UTC."""
        return datetime.now(UTC)
