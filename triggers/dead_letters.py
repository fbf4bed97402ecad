"""Events of uploads that Event Grid could not deliver and put into a container, for people to see.

The documents of such uploads are started by the upkeep; the events say that something kept the app
from being told.
"""

from __future__ import annotations

import asyncio
from typing import Any

from docflow.clients import Clients
from docflow.contracts import UNDELIVERED_CONTAINER
from docflow.errors import DocflowError

MOST_COUNTED = 1_000
"""Most events that are counted: one request."""
_SECONDS = 5


async def dead_letters(clients: Clients) -> dict[str, Any] | None:
    """Return how many events were not delivered and when the last one was put there.

    Returns:
        `count`, at most `MOST_COUNTED`; `more`, whether there are more; `newest`, the time of the
        newest one of those that were counted. None if the storage does not answer.
    """
    try:
        async with asyncio.timeout(_SECONDS):
            page = await asyncio.to_thread(
                clients.store.list_page, UNDELIVERED_CONTAINER, limit=MOST_COUNTED
            )
    except (DocflowError, TimeoutError):
        return None
    moments = [blob.last_modified for blob in page.blobs if blob.last_modified is not None]
    return {
        "count": len(page.blobs),
        "more": page.continuation is not None,
        "newest": max(moments).isoformat() if moments else None,
    }
