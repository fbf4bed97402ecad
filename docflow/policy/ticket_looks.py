"""When to look again for an issue that may have been opened."""

from __future__ import annotations

from datetime import datetime, timedelta

FIRST_LOOK = timedelta(seconds=30)
"""Most issues are found within seconds, so there is a look before the last one."""


def pause_before_look(asked_at: datetime, now: datetime, lag: timedelta) -> timedelta | None:
    """Return how long to wait until the search should be asked again.

    Args:
        asked_at: when the ticket desk was asked to open the issue.
        now: when the search did not show it.
        lag: the longest time until the search shows a new issue.

    Returns:
        The pause; None if the search would show the issue by now, so that there is none.
    """
    waited = now - asked_at
    if waited >= lag:
        return None
    return (min(FIRST_LOOK, lag) if waited < FIRST_LOOK else lag) - waited
