"""Writes the result record and its readable form."""

from __future__ import annotations

import azure.durable_functions as df

from activities.registration import perform
from docflow.clients import Clients
from docflow.contracts import Activity, Container
from docflow.models.delivery import Closing
from docflow.models.payloads import Done
from docflow.models.states import Status
from docflow.record.builder import build_record, gather, prices_of
from docflow.record.markdown import to_markdown
from docflow.telemetry import documents_total, log_event
from docflow.work.folder import (
    JSON_TYPE,
    WorkFolder,
    readable_record_name,
    record_name,
    recorded_status,
    to_json,
)

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="payload")
def write_record(payload: dict) -> dict:
    """Activity: see `write`."""
    return perform(Activity.WRITE_RECORD, payload, Closing, write)


def write(closing: Closing, clients: Clients) -> Done:
    """Build the record from what the steps left and store it in `results`.

    Running it twice is safe, however late: the same closing gives the same record under the same
    name, and a publication that was undone never comes back over the record of the failure.
    """
    if closing.status is Status.PUBLISHED and _ended_otherwise(closing.document_id, clients):
        return Done()
    work = WorkFolder(clients.store, closing.document_id)
    record = build_record(closing, gather(closing, work), prices_of(clients.settings))
    document_id = closing.document_id
    # The readable form first: whoever sees the record can count on both.
    clients.store.write(
        Container.RESULTS,
        readable_record_name(document_id),
        to_markdown(record).encode(),
        content_type="text/markdown; charset=utf-8",
    )
    clients.store.write(
        Container.RESULTS,
        record_name(document_id),
        to_json(record.dump()),
        content_type=JSON_TYPE,
    )
    documents_total.add(1, {"status": closing.status.value})
    log_event(
        "document_ended",
        document_id=document_id,
        status=closing.status.value,
        pages=record.source.pages,
        ocr_pages=record.cost.ocr_pages,
        estimated_usd=record.cost.estimated_usd,
        code=closing.error.code if closing.error else None,
    )
    return Done()


def _ended_otherwise(document_id: str, clients: Clients) -> bool:
    return recorded_status(clients.store, document_id) not in {None, Status.PUBLISHED}
