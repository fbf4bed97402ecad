"""Export of spans and metrics to Azure Monitor: those of docflow, and of others without names.

The libraries that docflow uses can be instrumented from outside, by a setting or by the platform.
Their spans hold the address of each request, with names of files and keys in it. So they are
exported without it, and their metrics not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from azure.monitor.opentelemetry.exporter import (
    AzureMonitorMetricExporter,
    AzureMonitorTraceExporter,
    RateLimitedSampler,
)
from opentelemetry import metrics, trace
from opentelemetry.resource.detector.azure.app_service import AzureAppServiceResourceDetector
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import DropAggregation, View
from opentelemetry.sdk.resources import get_aggregated_resources
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import Sampler
from opentelemetry.trace.status import Status

from docflow.adapters.azure.identity import app_identity
from docflow.errors import ConfigurationError
from docflow.telemetry import SCOPE

SPANS_PER_SECOND = 5
"""Most spans per second and instance, where the host has not decided about the trace."""
NAMELESS_ATTRIBUTES = frozenset(
    {
        "az.namespace",
        "error.type",
        "http.method",
        "http.request.method",
        "http.response.status_code",
        "http.status_code",
        "net.peer.name",
        "server.address",
        "server.port",
    }
)
"""All that is exported of a span that is not docflow's: which host was asked, and the outcome."""


def start_export(connection_string: str, *, client_id: str | None, unsent: Path) -> None:
    """Export from now on, with the app's identity where a client id is set.

    What cannot be sent is kept in the folder `unsent` and sent later, by another process if need
    be.

    Logs are left out: the Functions host sends what the worker logs to Application Insights itself,
    and each line would be there twice.
    """
    identity = {"credential": app_identity(client_id)} if client_id else {}
    try:
        kept = {"connection_string": connection_string, "storage_directory": str(unsent)}
        spans = AzureMonitorTraceExporter(**kept, **identity)
        measures = AzureMonitorMetricExporter(**kept, **identity)
    except ValueError:
        raise ConfigurationError(
            "APPLICATIONINSIGHTS_CONNECTION_STRING: is no connection string of Application Insights"
        ) from None
    export_to(
        spans,
        PeriodicExportingMetricReader(measures),
        sampler=RateLimitedSampler(target_spans_per_second_limit=SPANS_PER_SECOND),
    )


def export_to(
    spans: SpanExporter, measures: MetricReader, *, sampler: Sampler | None = None
) -> TracerProvider:
    """Export the spans and the metrics of this process from now on.

    Args:
        spans: gets spans without names.
        measures: reads the metrics of docflow.
        sampler: chooses the traces to export; without one, all are.

    Returns:
        The provider of the spans, which can be flushed.
    """
    resource = get_aggregated_resources([AzureAppServiceResourceDetector()])
    provider = TracerProvider(sampler=sampler, resource=resource)
    provider.add_span_processor(BatchSpanProcessor(NamelessSpans(spans)))
    trace.set_tracer_provider(provider)
    views = [
        View(instrument_name="*", meter_name=SCOPE),
        View(instrument_name="*", aggregation=DropAggregation()),
    ]
    metrics.set_meter_provider(
        MeterProvider(metric_readers=[measures], resource=resource, views=views)
    )
    return provider


class NamelessSpans(SpanExporter):
    """Passes spans on to another exporter; those of libraries without what may hold a name."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Export spans."""
        return self._exporter.export([_nameless(span) for span in spans])

    def shutdown(self) -> None:
        """End the export."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Export what waits."""
        return self._exporter.force_flush(timeout_millis)


def _nameless(span: ReadableSpan) -> ReadableSpan:
    """Return a span of docflow as it is, and of another one what holds no name."""
    scope = span.instrumentation_scope
    if scope is not None and scope.name == SCOPE:
        return span
    kept = {k: v for k, v in (span.attributes or {}).items() if k in NAMELESS_ATTRIBUTES}
    method = kept.get("http.request.method") or kept.get("http.method")
    return ReadableSpan(
        name=str(method or span.kind.name.lower()),
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=kept,
        kind=span.kind,
        instrumentation_scope=scope,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
    )
