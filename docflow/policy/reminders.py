"""When a waiting document needs a reminder."""

from __future__ import annotations

from datetime import datetime, timedelta

from docflow.models.documents import FlowSettings


def next_reminder(now: datetime, deadline: datetime, flow: FlowSettings) -> datetime:
    """Return the next moment at which a waiting document needs a reminder or expires.

    No timer is longer than a reminder interval or five days: the SDK splits timers of more than
    six days into parts that cannot be cancelled.
    """
    interval = min(timedelta(seconds=flow.approval_reminder_seconds), timedelta(days=5))
    return min(now + interval, deadline)
