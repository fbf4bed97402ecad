"""Statistics over a period of time, from the sums that the document index keeps."""

from __future__ import annotations

from typing import Any

import azure.functions as func

from docflow.clients import Clients
from docflow.models.states import Status, UrgencyLevel
from docflow.models.totals import Totals
from triggers.dead_letters import dead_letters
from triggers.parameters import window
from triggers.registry import route
from triggers.responses import json_response
from triggers.threads import read_in_thread


@route("GET", "stats")
async def get_stats(req: func.HttpRequest, *, clients: Clients) -> func.HttpResponse:
    """Return statistics over the period of the query, which begins at a full minute."""
    length = window(req, "window", default="24h")
    until = clients.clock.now()
    since = (until - length).replace(second=0, microsecond=0)
    totals = await read_in_thread(clients.index.totals, since)
    return json_response(
        {
            "since": since.isoformat(),
            "until": until.isoformat(),
            **summarize(totals),
            "deadLetters": await dead_letters(clients),
        }
    )


def summarize(totals: Totals) -> dict[str, Any]:
    """Return counts of documents and sums of their usage.

    `secondsToEnd` is the time from receipt to the end, including reviews; `secondsUnattended` is
    the same without documents that had a review; both are at most 5 % from the true percentile.
    `ocrPagesSaved` counts pages that were read from their text layer or from the cache; `savedUsd`
    is the estimated cost of these pages and of cached calls.
    """
    return {
        "documents": totals.documents,
        "byStatus": {each.value: totals.matching(status=each) for each in Status},
        "byUrgency": {each.value: totals.matching(urgency=each) for each in UrgencyLevel},
        "reviews": totals.matching(review=True),
        "secondsToEnd": _percentiles(totals),
        "secondsUnattended": _percentiles(totals, unattended=True),
        "pages": totals.amount("pages"),
        "ocrPages": totals.amount("ocr_pages"),
        "ocrPagesSaved": totals.amount("ocr_pages_saved"),
        "promptTokens": totals.amount("prompt_tokens"),
        "completionTokens": totals.amount("completion_tokens"),
        "cachedCalls": totals.amount("cached_calls"),
        "estimatedUsd": totals.dollars("estimated_usd"),
        "savedUsd": totals.dollars("saved_usd"),
    }


def _percentiles(totals: Totals, *, unattended: bool = False) -> dict[str, float | None]:
    shares = {"p50": 0.5, "p95": 0.95}
    return {
        name: totals.seconds_to_end(share, unattended=unattended) for name, share in shares.items()
    }
