"""Statistics over a period of time, computed from the document index."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import azure.functions as func

from docflow.clients import Clients
from docflow.models.index import IndexEntry
from docflow.models.states import Status, UrgencyLevel
from docflow.ports import IndexQuery
from triggers.dead_letters import dead_letters
from triggers.index_entries import every_entry
from triggers.parameters import window
from triggers.registry import route
from triggers.responses import json_response

_PART = 500


@route("GET", "stats")
async def get_stats(req: func.HttpRequest, *, clients: Clients) -> func.HttpResponse:
    """Return statistics over the period of the query."""
    length = window(req, "window", default="24h")
    until = clients.clock.now()
    since = until - length
    query = IndexQuery(since=since, limit=_PART)
    entries = await asyncio.to_thread(lambda: list(every_entry(clients.index, query)))
    return json_response(
        {
            "since": since.isoformat(),
            "until": until.isoformat(),
            **summarize(entries),
            "deadLetters": await dead_letters(clients),
        }
    )


def summarize(entries: Sequence[IndexEntry]) -> dict[str, Any]:
    """Return counts of documents and sums of their usage.

    `secondsToEnd` is the time from receipt to the end, including reviews; `secondsUnattended` is
    the same without documents that had a review. `ocrPagesSaved` counts pages that were read from
    their text layer or from the cache; `savedUsd` is the estimated cost of these pages and of
    cached calls.
    """
    ended = [entry for entry in entries if entry.status.ended]
    return {
        "documents": len(entries),
        "byStatus": _counts(Status, (entry.status for entry in entries)),
        "byUrgency": _counts(UrgencyLevel, (e.urgency for e in entries if e.urgency)),
        "reviews": sum(1 for entry in entries if entry.review_reasons),
        "secondsToEnd": _percentiles(ended),
        "secondsUnattended": _percentiles([e for e in ended if not e.review_reasons]),
        "pages": sum(entry.pages or 0 for entry in entries),
        "ocrPages": sum(entry.ocr_pages or 0 for entry in entries),
        "ocrPagesSaved": sum(entry.ocr_pages_saved for entry in entries),
        "promptTokens": sum(entry.prompt_tokens for entry in entries),
        "completionTokens": sum(entry.completion_tokens for entry in entries),
        "cachedCalls": sum(entry.cached_calls for entry in entries),
        "estimatedUsd": round(sum(entry.estimated_usd for entry in entries), 6),
        "savedUsd": round(sum(entry.saved_usd for entry in entries), 6),
    }


def _counts(kind: type[Status | UrgencyLevel], values: Iterable[str]) -> dict[str, int]:
    found = Counter(values)
    return {member.value: found[member] for member in kind}


def _percentiles(ended: Iterable[IndexEntry]) -> dict[str, float | None]:
    seconds = sorted((e.updated_at - e.received_at).total_seconds() for e in ended)
    return {"p50": _percentile(seconds, 0.5), "p95": _percentile(seconds, 0.95)}


def _percentile(ascending: Sequence[float], share: float) -> float | None:
    """Return the nearest-rank percentile, or None if there are no values."""
    if not ascending:
        return None
    return round(ascending[math.ceil(share * len(ascending)) - 1], 3)
