"""Find the facts that a user message asks for: a summary, a combined one, or an urgency."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

from devstack.services.model.summary import as_text, combine, summarize
from devstack.services.model.urgency import judge
from devstack.services.text.sentences import PageText

JSON_OBJECT = re.compile(r"\{.*\}", re.DOTALL)


def facts_for(user_text: str) -> dict[str, Any]:
    """Return what the engine finds for one user message, docflow's or any other text."""
    payload = _payload_of(user_text)
    task = str(payload.get("task", ""))
    parts = payload.get("parts")
    if task == "combine_summaries" or (isinstance(parts, list) and "document" not in payload):
        return combine([part for part in parts or [] if isinstance(part, dict)])
    name, pages = _document_of(payload, user_text)
    if task == "judge_urgency":
        pages = [*pages, *_quoted_pages(payload.get("summary"), pages)]
        return _with_verdict({}, judge(pages, _day(payload.get("received"))))
    return _with_verdict(summarize(name, pages), judge(pages))


def _day(written: object) -> date | None:
    """Return the day on which a document came in, if the message tells it."""
    try:
        return date.fromisoformat(str(written))
    except ValueError:
        return None


def _with_verdict(facts: dict[str, Any], verdict: dict[str, Any]) -> dict[str, Any]:
    plain = as_text(facts) if facts else "; ".join(verdict["reasons"])
    return {**facts, **verdict, "urgent": verdict["level"] == "urgent", "summary": plain}


def _quoted_pages(summary: Any, pages: list[PageText]) -> list[PageText]:  # noqa: ANN401
    """Return what the summary says of pages that were not sent: its bullets and actions."""
    sent = {page.number for page in pages}
    entries = [
        entry
        for field in ("bullets", "actions")
        for entry in (summary.get(field) or [] if isinstance(summary, dict) else [])
        if isinstance(entry, dict)
    ]
    quoted = [_page({"page": entry.get("page"), "text": entry.get("text")}, 0) for entry in entries]
    return [page for page in quoted if page.number not in sent]


def _payload_of(user_text: str) -> dict[str, Any]:
    """Read the JSON object in the message, also where there are words around it."""
    found = JSON_OBJECT.search(user_text)
    for candidate in (user_text, found.group() if found else ""):
        try:
            payload = json.loads(candidate)
        except ValueError:
            continue
        if isinstance(payload, dict):
            return payload
    return {}


def _document_of(payload: dict[str, Any], user_text: str) -> tuple[str, list[PageText]]:
    document = payload.get("document", payload)
    if isinstance(document, str):
        return "", [PageText(1, document)]
    if not isinstance(document, dict):
        document = {}
    listed = document.get("pages")
    pages = [
        _page(entry, index)
        for index, entry in enumerate(listed if isinstance(listed, list) else [], start=1)
    ]
    if not pages:
        pages = [PageText(1, str(document.get("text") or user_text))]
    return str(document.get("name") or ""), pages


def _page(entry: Any, index: int) -> PageText:  # noqa: ANN401
    if not isinstance(entry, dict):
        return PageText(index, str(entry))
    number = entry.get("page", entry.get("number", index))
    return PageText(number if isinstance(number, int) else index, str(entry.get("text") or ""))
