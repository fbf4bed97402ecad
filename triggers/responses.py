"""Answers of the HTTP API, with the headers that keep document content from being misused."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import azure.functions as func

NO_STORE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
"""For answers that show what is in a document."""


def json_response(
    body: Mapping[str, Any], *, status: int = 200, headers: Mapping[str, str] | None = None
) -> func.HttpResponse:
    """Answer with a JSON object."""
    return func.HttpResponse(
        json.dumps(body, ensure_ascii=False),
        status_code=status,
        headers={**NO_STORE, **(headers or {})},
        mimetype="application/json",
    )


def attachment(content: bytes, *, name: str, content_type: str) -> func.HttpResponse:
    """Answer with a file to save: a browser neither shows it nor runs what is in it."""
    headers = {
        **NO_STORE,
        "Content-Type": content_type,
        "Content-Disposition": content_disposition(name),
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return func.HttpResponse(content, headers=headers, mimetype=content_type)


def content_disposition(name: str) -> str:
    """Name a file in the form of RFC 6266: plain for old clients, in UTF-8 for the others."""
    base = name.rpartition("/")[2] or "document"
    plain = re.sub(r"[^ !#-\[\]-~]", "_", base)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(base, safe='')}"


def base_url(request: func.HttpRequest) -> str:
    """Give scheme, host and port under which the caller reached the app."""
    parts = urlsplit(request.url)
    return f"{parts.scheme}://{parts.netloc}"
