"""The storage account behind a connection setting."""

from __future__ import annotations

import os
from typing import Any

from azure.storage.blob import (
    BlobServiceClient,
    LinearRetry,
)
from azure.storage.queue import QueueServiceClient

from devstack.functions_host.settings import CONNECTION_STRING, SettingsError

#: The API version that this host speaks; emulators know it for longer than the SDK's newest one.
API_VERSION = "2023-11-03"


#: What ``UseDevelopmentStorage=true`` stands for; older Python SDKs do not know the short form.
DEVELOPMENT_STORAGE = (
    "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=Eby8vdM02xNOcqFlqUwJPLlm"
    "EtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;"
    "BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;"
    "QueueEndpoint=http://127.0.0.1:10001/devstoreaccount1;"
)


#: The scan tries again by itself, so the SDK need not be patient.
_CLIENT_OPTIONS: dict[str, Any] = {
    "api_version": API_VERSION,
    "retry_policy": LinearRetry(backoff=1, retry_total=2),
    "connection_timeout": 5,
}


class Storage:
    """The storage account behind a connection setting."""

    def __init__(self, connection: str) -> None:
        self._connection = connection

    def blobs(self) -> BlobServiceClient:
        """Return the client of the blob service."""
        text = self._connection_string()
        if text:
            return BlobServiceClient.from_connection_string(text, **_CLIENT_OPTIONS)
        uri, credential = self._service_uri("blob"), self._credential()
        return BlobServiceClient(uri, credential=credential, **_CLIENT_OPTIONS)

    def queues(self) -> QueueServiceClient:
        """Return the client of the queue service."""
        text = self._connection_string()
        if text:
            return QueueServiceClient.from_connection_string(text, **_CLIENT_OPTIONS)
        uri, credential = self._service_uri("queue"), self._credential()
        return QueueServiceClient(uri, credential=credential, **_CLIENT_OPTIONS)

    def _connection_string(self) -> str:
        names = (CONNECTION_STRING + self._connection, self._connection)
        text = next(filter(None, map(os.environ.get, names)), "")
        short = text.replace(" ", "").rstrip(";").lower() == "usedevelopmentstorage=true"
        return DEVELOPMENT_STORAGE if short else text

    def _service_uri(self, service: str) -> str:
        name = self._connection
        for key in (f"{name}__{service}ServiceUri", f"{name}__serviceUri"):
            if os.environ.get(key):
                return os.environ[key]
        account = os.environ.get(f"{name}__accountName")
        if account:
            return f"https://{account}.{service}.core.windows.net"
        raise SettingsError(
            f"The app setting {name!r} (the storage connection of a blob trigger) is not set."
        )

    def _credential(self) -> Any:  # noqa: ANN401 - azure-identity is optional
        from azure.identity import DefaultAzureCredential

        return DefaultAzureCredential()
