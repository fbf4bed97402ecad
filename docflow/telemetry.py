"""Structured logs, spans and metrics, through the OpenTelemetry API.

`docflow.clients` decides where they are exported. They contain ids, names of steps, counts and
durations, but never document text, prompts, answers or credentials.
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
    """Set the log level of docflow, and WARNING for the SDKs."""
    _logger.setLevel(settings.log_level)
    # At INFO the SDKs log the URL of each request, which contains names of documents.
    for name in ("azure.core.pipeline.policies.http_logging_policy", "httpx2", "httpx"):
        logging.getLogger(name).setLevel(logging.WARNING)


def log_event(
    event: str,
    *,
    document_id: str | None = None,
    level: int = logging.INFO,
    **fields: AttributeValue,
) -> None:
    """Write one log line: a JSON object with the event, the ids and the given fields.

    The document id is also the instance id of the orchestration, so both keys have this value. A
    line that is not about one document has neither key.
    """
    if _logger.isEnabledFor(level):
        line = {"event": event, "documentId": document_id, "instanceId": document_id, **fields}
        known = {key: value for key, value in line.items() if value is not None}
        _logger.log(level, "%s", json.dumps(known, ensure_ascii=False))


@contextmanager
def span(name: str, *, document_id: str, **attributes: AttributeValue) -> Iterator[trace.Span]:
    """Record the block as one span."""
    known = {f"docflow.{key}": value for key, value in attributes.items() if value is not None}
    known["docflow.document_id"] = document_id
    with _tracer.start_as_current_span(name, attributes=known) as current:
        yield current
