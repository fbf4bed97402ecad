"""Write the result record and its readable form."""

from __future__ import annotations

from activities import activity
from docflow.clients import Clients
from docflow.contracts import Container
from docflow.models.facts import DocumentFacts
from docflow.models.payloads import Done
from docflow.models.states import Status
from docflow.record.builder import build_record, gather
from docflow.record.markdown import to_markdown
from docflow.telemetry import documents_total, log_event
from docflow.work.artefacts import READABLE_RECORD, RECORD
from docflow.work.folder import JSON_TYPE, WorkFolder, recorded_status, to_json


@activity
def write_record(facts: DocumentFacts, clients: Clients) -> Done:
    """Build the record from facts and artefacts, and store it in `results`.

    Running it twice is safe: the same facts give the same record with the same name, and a late
    second run after the publication was undone never replaces the record of the failure.
    """
    if facts.status is Status.PUBLISHED and _ended_otherwise(facts.document_id, clients):
        return Done()
    work = WorkFolder(clients.store, facts.document_id)
    record = build_record(facts, gather(facts, work), clients.settings.prices())
    document_id = facts.document_id
    # The readable form first, so that it exists whenever the record exists.
    clients.store.write(
        Container.RESULTS,
        READABLE_RECORD.format(document_id=document_id),
        to_markdown(record).encode(),
        content_type="text/markdown; charset=utf-8",
    )
    clients.store.write(
        Container.RESULTS,
        RECORD.format(document_id=document_id),
        to_json(record.dump()),
        content_type=JSON_TYPE,
    )
    documents_total.add(1, {"status": facts.status.value})
    log_event(
        "document_ended",
        document_id=document_id,
        status=facts.status.value,
        pages=record.source.pages,
        ocr_pages=record.cost.ocr_pages,
        estimated_usd=record.cost.estimated_usd,
        code=facts.error.code if facts.error else None,
    )
    return Done()


def _ended_otherwise(document_id: str, clients: Clients) -> bool:
    return recorded_status(clients.store, document_id) not in {None, Status.PUBLISHED}
