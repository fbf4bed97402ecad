"""Take over what an earlier version stored in another form, some of it every minute."""

from __future__ import annotations

from docflow.clients import Clients
from docflow.telemetry import log_event
from triggers.registry import timer

SCHEDULE = "30 * * * * *"
MOST_CARRIED_OVER = 500
"""Most index entries taken over in one run: less than the minute until the next one."""


@timer(SCHEDULE)
def carry_over_index(*, clients: Clients) -> int:
    """Take over entries of the document index that version 0.1.0 wrote.

    Until then such a document is found by its id, but in no list and no figure. Running it twice is
    safe: an entry is taken over by storing it again, which never replaces a newer one.

    Returns:
        The number of entries taken over; 0 once all are.
    """
    count = clients.index.carry_over(MOST_CARRIED_OVER)
    if count:
        log_event("index_entries_carried_over", count=count)
    return count
