"""The blob trigger: each upload to `incoming` starts one document."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime

import azure.durable_functions as df
import azure.functions as func

from docflow.clients import Clients, current_clients
from docflow.contracts import RECEIPT_METADATA, Container
from docflow.ports import BlobProperties
from docflow.settings import Settings, TriggerSource
from docflow.work.uploads import is_at_rest
from triggers.blob_reference import BlobReference
from triggers.intake import Orchestrations, is_folder, start_upload
from triggers.registry import traced

logger = logging.getLogger("docflow.triggers")

_SOURCES = {
    TriggerSource.SCAN: func.BlobSource.LOGS_AND_CONTAINER_SCAN,
    TriggerSource.EVENT_GRID: func.BlobSource.EVENT_GRID,
}


def blueprint_for(settings: Settings) -> df.Blueprint:
    """Return the blueprint of the blob trigger; a setting decides how it detects uploads."""
    blueprint = df.Blueprint()
    on_upload = blueprint.blob_trigger(
        arg_name="blob",
        path=f"{Container.INCOMING}/{{name}}",
        connection="DOCUMENTS_STORAGE",
        source=_SOURCES[settings.blob_trigger_source],
    )
    with_client = blueprint.durable_client_input(client_name="client")
    on_upload(with_client(document_uploaded))
    return blueprint


async def document_uploaded(
    blob: BlobReference, context: func.Context, client: df.DurableOrchestrationClient
) -> None:
    """Start the document of an upload; a return value would be a failure for the host."""
    with traced(document_uploaded, context):
        await take_upload(blob, clients=current_clients(), client=client)


async def take_upload(blob: BlobReference, *, clients: Clients, client: Orchestrations) -> None:
    """Start the document of an upload, unless the blob is gone or the document was started before.

    Running it twice is safe: the document id is derived from the upload, and is started only once.
    """
    properties = await asyncio.to_thread(clients.store.properties, blob.container, blob.name)
    reason = _why_not(blob, properties, clients.clock.now())
    if properties is None or reason:
        logger.info("upload ignored: %s", reason)
        return
    await start_upload(properties, clients=clients, client=client)


def _why_not(blob: BlobReference, properties: BlobProperties | None, now: datetime) -> str:
    if blob.container != Container.INCOMING:
        return "not in the container for uploads"  # Event Grid does not filter by the path
    if properties is None:
        return "the blob is gone"
    if is_folder(properties):
        return "a folder, not a file"
    if RECEIPT_METADATA in properties.metadata:
        return "the API is taking it"  # its copy is being made; upkeep starts what it leaves
    if not is_at_rest(properties, now):
        return "still being written"  # each append is an upload; upkeep starts what came to rest
    return ""
