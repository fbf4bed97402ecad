"""Take documents through the whole flow with every instrumentation on, and print the telemetry.

Run by `test_nameless_telemetry.py`, as a process of its own: providers of telemetry are set once.
Everything is real but the host: the SDKs, Azurite, the stand-in services, the parser.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import azure.functions as func
from azure.core.exceptions import ResourceExistsError
from azure.core.settings import settings as azure_settings
from azure.core.tracing.ext.opentelemetry_span import OpenTelemetrySpan
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.instrumentation.urllib3 import URLLib3Instrumentor
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import function_app
from devstack.functions_host.simulation import Simulation
from docflow import telemetry
from docflow.adapters.azure.monitor import export_to
from docflow.adapters.azure.storage import blob_service, queue_service, table_service
from docflow.clients import current_clients
from docflow.contracts import (
    APPROVAL_EVENT,
    INDEX_TABLE,
    LIMITS_TABLE,
    PROCESSED_QUEUE,
    Container,
    Orchestrator,
)
from docflow.models.documents import DocumentRequest
from docflow.settings import current_settings
from testkit.functions import registered_activities, registered_orchestrators
from testkit.orchestrations import InMemoryOrchestrations
from triggers import uploads
from triggers.blob_reference import BlobReference
from triggers.documents import list_documents
from triggers.registry import traced

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
INVOCATION: Any = SimpleNamespace(
    invocation_id="1",
    trace_context=SimpleNamespace(trace_parent=f"00-{TRACE}-00f067aa0ba902b7-01", trace_state=""),
)


class Lines(logging.Handler):
    """Keeps all that is known of each log record."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        self.lines.append(f"{record.getMessage()} {record.__dict__!r}")


def prepare_storage() -> None:
    """Make the containers, the queue and the tables."""
    settings = current_settings()
    for container in Container:
        with suppress(ResourceExistsError):  # other tests share the storage
            blob_service(settings).create_container(container.value)
    queue_service(settings).create_queue(PROCESSED_QUEUE)
    for table in (INDEX_TABLE, LIMITS_TABLE):
        with suppress(ResourceExistsError):
            table_service(settings).create_table(table)


def upload(name: str, content: bytes) -> DocumentRequest:
    """Drop a file, and have the blob trigger take it."""
    client: Any = InMemoryOrchestrations()
    store = current_clients().store
    store.write(Container.INCOMING, name, content, content_type="application/pdf")
    blob = BlobReference(Container.INCOMING, name)
    asyncio.run(uploads.document_uploaded(blob, INVOCATION, client))
    (start,) = client.starts
    return DocumentRequest.load(start.input)


def run(request: DocumentRequest) -> Any:
    """Take a document to its end; whoever has to decide approves it."""
    activities = {
        name: (lambda payload, body=body: body(payload, INVOCATION))
        for name, body in registered_activities().items()
    }
    simulation = Simulation(registered_orchestrators(), activities, seed=1)
    simulation.start(Orchestrator.PROCESS_DOCUMENT, request.dump(), request.document_id)
    decision = json.dumps({"approved": True, "reviewer": "r"})
    simulation.after(
        timedelta(hours=1),
        lambda: simulation.raise_event(request.document_id, APPROVAL_EVENT, decision),
    )
    simulation.run()
    return json.loads(simulation.instance(request.document_id).output or "null")


def fail(name: str) -> None:
    """End a span by an exception whose message names a file."""
    try:
        with telemetry.joined(INVOCATION), telemetry.span("defect"):
            int(name)
    except ValueError:
        return


def main() -> None:
    """Run all, and print the telemetry as one JSON object."""
    name, content_file = sys.argv[1], sys.argv[2]
    assert function_app.app is not None
    lines = Lines()
    logging.getLogger().addHandler(lines)
    logging.getLogger().setLevel(logging.DEBUG)
    exported, raw, reader = InMemorySpanExporter(), InMemorySpanExporter(), InMemoryMetricReader()
    provider = export_to(exported, reader)
    provider.add_span_processor(SimpleSpanProcessor(raw))
    azure_settings.tracing_implementation = OpenTelemetrySpan
    for instrumentor in (RequestsInstrumentor, URLLib3Instrumentor, HTTPXClientInstrumentor):
        instrumentor().instrument()

    prepare_storage()
    ends = [run(upload(f"{name}.pdf", Path(content_file).read_bytes()))]
    text = f"Final notice for {name}: pay 80 euros within 3 days, or we sue you.".encode()
    ends.append(run(upload(f"letters/{name}.txt", text)))
    query = {"name": f"{name}.pdf"}
    request = func.HttpRequest("GET", "http://x/api/documents", params=query, body=b"")
    with traced(list_documents, INVOCATION):
        asyncio.run(list_documents(request, clients=current_clients()))
    fail(name)

    provider.force_flush()
    data = reader.get_metrics_data()
    said = {
        "ends": ends,
        "spans": [span.to_json() for span in exported.get_finished_spans()],
        "raw": [span.to_json() for span in raw.get_finished_spans()],
        "logs": lines.lines,
        "metrics": data.to_json() if data else "",
    }
    sys.stdout.write(f"{json.dumps(said)}\n")


if __name__ == "__main__":
    main()
