"""Sets a refused file aside, with the reason beside it."""

from __future__ import annotations

import azure.durable_functions as df

from activities.registration import perform
from docflow.clients import Clients
from docflow.contracts import LONGEST_BLOB_NAME, Activity, Container
from docflow.models.delivery import QuarantineRequest
from docflow.models.payloads import Done
from docflow.work.folder import JSON_TYPE, WorkFolder, to_json

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="payload")
def quarantine_source(payload: dict) -> dict:
    """Activity: see `set_aside`."""
    return perform(Activity.QUARANTINE_SOURCE, payload, QuarantineRequest, set_aside)


def set_aside(request: QuarantineRequest, clients: Clients) -> Done:
    """Copy the file to `quarantine/{id}/{name}` and write `quarantine/{id}/reason.json`.

    A file that is gone leaves its reason alone. Running it twice is safe: both blobs are named
    after the document and overwritten.
    """
    source, document_id = request.request.source, request.document_id
    work = WorkFolder(clients.store, document_id)
    reason_name = f"{document_id}/reason.json"
    aside = f"{document_id}/{source.name}"[:LONGEST_BLOB_NAME]
    if aside == reason_name:
        aside = f"{document_id}/source/{source.name}"
    target = (Container.QUARANTINE, aside)
    kept = clients.store.copy((Container.WORK, work.path("source")), target)
    if not kept:
        kept = clients.store.copy((source.container, source.name), target, if_etag=source.etag)
    reason = {
        "documentId": document_id,
        "name": source.name,
        "code": request.refused.code,
        "message": request.refused.message,
        "file": aside if kept else None,
    }
    clients.store.write(Container.QUARANTINE, reason_name, to_json(reason), content_type=JSON_TYPE)
    return Done()
