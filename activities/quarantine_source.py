"""Put a refused file into quarantine, together with the reason."""

from __future__ import annotations

from activities import activity
from docflow.clients import Clients
from docflow.contracts import LONGEST_BLOB_NAME, Container
from docflow.errors import ErrorCode
from docflow.models.delivery import QuarantineRequest
from docflow.models.payloads import Done
from docflow.policy.shown_text import shown
from docflow.work.artefacts import QUARANTINE_REASON, SOURCE
from docflow.work.folder import JSON_TYPE, WorkFolder, to_json


@activity
def quarantine_source(request: QuarantineRequest, clients: Clients) -> Done:
    """Copy the file to `quarantine/{id}/{name}` and write `quarantine/{id}/reason.json`.

    The copy has no invisible characters in its name. If the file is gone or in the archive tier,
    only the reason is written. Running it twice is safe: the names of both blobs depend on the
    document, and they are overwritten.
    """
    source, document_id = request.request.source, request.document_id
    work = WorkFolder(clients.store, document_id)
    reason_name = QUARANTINE_REASON.format(document_id=document_id)
    name = " ".join(shown(source.name).split("\n")) or "document"
    aside = f"{document_id}/{name}"[:LONGEST_BLOB_NAME]
    if aside == reason_name:
        aside = f"{document_id}/source/{name}"
    target = (Container.QUARANTINE, aside)
    kept = clients.store.copy((Container.WORK, work.path(SOURCE)), target)
    if not kept and request.refused.code != ErrorCode.BLOB_ARCHIVED:
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
