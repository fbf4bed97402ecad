"""Structured logs, spans and metrics, through the OpenTelemetry API.

`docflow.clients` decides where they are exported. They contain ids, names of steps, counts and
durations, but never document text, prompts, answers or credentials.
"""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import context as current_context
from opentelemetry import metrics, trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from docflow.settings import Settings

AttributeValue = str | int | float | bool | None

SCOPE = "docflow"
"""Name of the logger, of the tracer and of the meter."""

_logger = logging.getLogger(SCOPE)
_tracer = trace.get_tracer(SCOPE)
_meter = metrics.get_meter(SCOPE)
_propagator = TraceContextTextMapPropagator()

_SDK_LOGGERS = ("azure", "httpcore", "httpx", "httpx2", "msal", "openai", "requests", "urllib3")
"""At INFO or DEBUG they log the address of each request, with names of documents and keys."""
_RETRY_LOGGERS = ("urllib3.connectionpool", "urllib3.util.retry")
"""These log it at WARNING too, before they send a request again."""

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
    """Set the log level of docflow, and for the SDKs one at which they log no addresses."""
    _logger.setLevel(settings.log_level)
    for name in _SDK_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in _RETRY_LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)
    # It has a level of its own, in case something sets that of `azure`.
    logging.getLogger("azure.core.pipeline.policies.http_logging_policy").setLevel(logging.WARNING)


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
def joined(invocation: object) -> Iterator[None]:
    """Make the spans of the block a part of the host's trace, where there is one.

    Args:
        invocation: the context that the host gives to a function (`azure.functions.Context`); its
            `trace_context` has the two headers of W3C Trace Context. None for a call without a
            host.
    """
    host = getattr(invocation, "trace_context", None)
    headers = {
        "traceparent": getattr(host, "trace_parent", None) or "",
        "tracestate": getattr(host, "trace_state", None) or "",
    }
    token = current_context.attach(
        _propagator.extract(headers, context=current_context.get_current())
    )
    try:
        yield
    finally:
        current_context.detach(token)


@contextmanager
def span(
    name: str, *, document_id: str | None = None, **attributes: AttributeValue
) -> Iterator[trace.Span]:
    """Record the block as one span.

    An exception is recorded by its type and place in the code. Its message is left out, since it
    may name a file.
    """
    values = {"document_id": document_id, **attributes}
    known = {f"docflow.{key}": value for key, value in values.items() if value is not None}
    with _tracer.start_as_current_span(
        name, attributes=known, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield current
        except BaseException as error:
            _note_failure(current, error)
            raise


def _note_failure(current: trace.Span, error: BaseException) -> None:
    kind = type(error).__qualname__
    place = "".join(traceback.format_tb(error.__traceback__))
    current.add_event("exception", {"exception.type": kind, "exception.stacktrace": place})
    current.set_status(trace.Status(trace.StatusCode.ERROR))
