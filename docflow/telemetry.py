"""Structured logs, spans and metrics, through the standard OpenTelemetry API.

Where they are exported to is the business of docflow.clients. What is recorded are ids, names of
steps, counts and durations; never document text, prompts, answers or credentials.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import metrics, trace

from docflow.settings import Settings

AttributeValue = str | int | float | bool | None

_logger = logging.getLogger("docflow")
_tracer = trace.get_tracer("docflow")
_meter = metrics.get_meter("docflow")

documents_total = _meter.create_counter(
    "docflow.documents", unit="{document}", description="Documents that ended, by outcome."
)
urgent_total = _meter.create_counter(
    "docflow.documents.urgent", unit="{document}", description="Documents judged urgent."
)
ocr_pages_total = _meter.create_counter(
    "docflow.ocr.pages", unit="{page}", description="Pages sent to OCR."
)
model_seconds = _meter.create_histogram(
    "docflow.model.latency", unit="s", description="Time to one answer of the model."
)
model_tokens_total = _meter.create_counter(
    "docflow.model.tokens", unit="{token}", description="Tokens used, by kind."
)


def configure(settings: Settings) -> None:
    """Set the log level, and quieten the SDKs."""
    _logger.setLevel(settings.log_level)
    # The SDKs log each request's URL and headers at INFO: noise, and names of documents.
    for name in ("azure.core.pipeline.policies.http_logging_policy", "httpx2", "httpx"):
        logging.getLogger(name).setLevel(logging.WARNING)


def log_event(
    event: str,
    *,
    document_id: str | None = None,
    level: int = logging.INFO,
    **fields: AttributeValue,
) -> None:
    """Write one log line: a JSON object with the event, the ids and what else is given.

    The document id is the instance id of its orchestration, so both keys carry it; what is about
    no document in particular has neither.
    """
    if _logger.isEnabledFor(level):
        line = {"event": event, "documentId": document_id, "instanceId": document_id, **fields}
        known = {key: value for key, value in line.items() if value is not None}
        _logger.log(level, "%s", json.dumps(known, ensure_ascii=False))


@contextmanager
def span(name: str, *, document_id: str, **attributes: AttributeValue) -> Iterator[trace.Span]:
    """Record one step as a span."""
    known = {f"docflow.{key}": value for key, value in attributes.items() if value is not None}
    known["docflow.document_id"] = document_id
    with _tracer.start_as_current_span(name, attributes=known) as current:
        yield current
