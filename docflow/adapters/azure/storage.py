"""Access to the storage account for documents: blobs, queue and table.

Durable Functions owns the retries of a step. Only the storage clients have two quick retries of
their own: short failures of storage are frequent, and one step makes many small requests.
"""

from __future__ import annotations

import re
from typing import Any

from azure.core.credentials import TokenCredential
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient, LinearRetry
from azure.storage.queue import LinearRetry as QueueLinearRetry
from azure.storage.queue import QueueServiceClient

from docflow.adapters.loopback import is_loopback
from docflow.adapters.transport import new_transport
from docflow.adapters.vendor import Vendor
from docflow.errors import ErrorCode
from docflow.settings import LOCAL_STORAGE, Settings

RETRIES = 2
RETRY_SECONDS = 1
CONNECT_SECONDS = 10
READ_SECONDS = 60
BLOCK_BYTES = 4 * 1024 * 1024

LOCAL_API_VERSION = "2025-11-05"
"""The newest version that Azurite 3.35 supports; it refuses the default of the clients."""

EMULATOR = (
    "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey="
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;"
    "TableEndpoint=http://127.0.0.1:10002/devstoreaccount1"
)
"""The emulator's well-known account; its key is published and the same on every machine."""

STORAGE = Vendor(
    service="Azure Storage",
    throttled=ErrorCode.STORAGE_UNAVAILABLE,
    unavailable=ErrorCode.STORAGE_UNAVAILABLE,
    unauthorized=ErrorCode.STORAGE_UNAUTHORIZED,
    rejected=ErrorCode.STORAGE_REJECTED,
    access="check DOCUMENTS_STORAGE, or give the app's identity the roles Storage Blob Data "
    "Contributor, Storage Queue Data Contributor and Storage Table Data Contributor",
)


def blob_service(settings: Settings) -> BlobServiceClient:
    """Build the client for blobs."""
    options: dict[str, Any] = {
        **_connection(),
        "retry_policy": LinearRetry(**_retries()),
        "max_single_put_size": BLOCK_BYTES,
        "max_block_size": BLOCK_BYTES,
        "max_single_get_size": BLOCK_BYTES,
        "max_chunk_get_size": BLOCK_BYTES,
    }
    connection = settings.storage_connection
    if connection:
        return BlobServiceClient.from_connection_string(
            connection, **options, **_local_version(connection)
        )
    endpoint = settings.documents_storage__blob_service_uri or ""
    return BlobServiceClient(endpoint, credential=_identity(settings), **options)


def queue_service(settings: Settings) -> QueueServiceClient:
    """Build the client for queues."""
    options: dict[str, Any] = {
        **_connection(),
        "retry_policy": QueueLinearRetry(**_retries()),
    }
    connection = settings.storage_connection
    if connection:
        return QueueServiceClient.from_connection_string(
            connection, **options, **_local_version(connection)
        )
    endpoint = settings.documents_storage__queue_service_uri or ""
    return QueueServiceClient(endpoint, credential=_identity(settings), **options)


def table_service(settings: Settings) -> TableServiceClient:
    """Build the client for tables."""
    options: dict[str, Any] = {
        **_connection(),
        "retry_total": RETRIES,
        "retry_backoff_factor": RETRY_SECONDS,
    }
    connection = settings.storage_connection
    if connection:
        return TableServiceClient.from_connection_string(_spelled_out(connection), **options)
    endpoint = settings.documents_storage__table_service_uri or ""
    return TableServiceClient(endpoint, credential=_identity(settings), **options)


def _retries() -> dict[str, Any]:
    return {"backoff": RETRY_SECONDS, "retry_total": RETRIES, "random_jitter_range": 0}


def _connection() -> dict[str, Any]:
    transport = new_transport(connect_seconds=CONNECT_SECONDS, read_seconds=READ_SECONDS)
    return {"transport": transport}


def _spelled_out(connection: str) -> str:
    """Write out the short form for the emulator, which the client for tables does not know."""
    return EMULATOR if connection.strip(";") == LOCAL_STORAGE else connection


def _local_version(connection: str) -> dict[str, Any]:
    return {"api_version": LOCAL_API_VERSION} if is_local(connection) else {}


def _identity(settings: Settings) -> TokenCredential:
    # Imported here since a local stack needs no identity.
    from docflow.adapters.azure.identity import app_identity

    return app_identity(settings.azure_client_id)


def is_local(connection: str) -> bool:
    """Whether a connection string leads to the emulator on this machine."""
    endpoints = re.findall(r"\w+Endpoint=([^;]+)", connection)
    return "UseDevelopmentStorage=true" in connection or any(map(is_loopback, endpoints))
