"""When a waiting document needs attention."""

from __future__ import annotations

from datetime import datetime, timedelta

from docflow.models.documents import FlowSettings


def next_reminder(now: datetime, deadline: datetime, flow: FlowSettings) -> datetime:
    """Give the next moment at which a waiting document needs attention.

    No timer runs longer than a reminder interval or five days: the SDK cuts timers above six days
    into pieces that can't be cancelled.
    """
    interval = min(timedelta(seconds=flow.approval_reminder_seconds), timedelta(days=5))
    return min(now + interval, deadline)
