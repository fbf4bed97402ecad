"""Answers of the HTTP API, with headers that protect the content of documents."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import azure.functions as func

from docflow.policy.shown_text import shown_on_one_line

NO_STORE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
"""Headers of answers that contain content of documents."""


def json_response(
    body: Mapping[str, Any], *, status: int = 200, headers: Mapping[str, str] | None = None
) -> func.HttpResponse:
    """Return an answer with a JSON object."""
    return func.HttpResponse(
        json.dumps(body, ensure_ascii=False).encode(errors="replace"),
        status_code=status,
        headers={**NO_STORE, **(headers or {})},
        mimetype="application/json",
    )


def attachment(content: bytes, *, name: str, content_type: str) -> func.HttpResponse:
    """Return an answer with a file that a browser saves, but neither shows nor runs."""
    headers = {
        **NO_STORE,
        "Content-Type": content_type,
        "Content-Disposition": content_disposition(name),
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return func.HttpResponse(content, headers=headers, mimetype=content_type)


def content_disposition(name: str) -> str:
    """Return the header for a file name (RFC 6266): in ASCII for old clients, and in UTF-8."""
    visible = re.sub(r"[\x00-\x1f\x7f]", "_", name.rpartition("/")[2])
    base = shown_on_one_line(visible) or "document"
    plain = re.sub(r"[^ !#-\[\]-~]", "_", base)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(base, safe='')}"


def base_url(request: func.HttpRequest) -> str:
    """Return scheme, host and port of the request."""
    parts = urlsplit(request.url)
    return f"{parts.scheme}://{parts.netloc}"
