"""The queue that tells other systems what became of a document."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import QueueServiceClient, TextBase64EncodePolicy

from docflow.adapters.azure.errors import translated
from docflow.adapters.azure.storage import STORAGE

FOREVER = -1
"""Time to live of a message: without end."""


class AzureStorageQueue:
    """A queue in Azure Storage; messages are JSON in Base64, as Functions' queue trigger reads."""

    def __init__(self, service: QueueServiceClient, name: str) -> None:
        self._queue = service.get_queue_client(
            str(name), message_encode_policy=TextBase64EncodePolicy()
        )

    def send(self, message: dict[str, Any]) -> None:
        """Append one JSON message; the queue is created at the first one."""
        text = json.dumps(message, ensure_ascii=False)
        with translated(STORAGE):
            try:
                self._queue.send_message(text, time_to_live=FOREVER)
            except ResourceNotFoundError:
                with suppress(ResourceExistsError):
                    self._queue.create_queue()
                self._queue.send_message(text, time_to_live=FOREVER)

    def check(self) -> None:
        """Raise where the queue cannot be written; a missing one is no failure.

        Its metadata is written as it was read: a message would reach other systems.
        """
        with translated(STORAGE), suppress(ResourceNotFoundError):
            metadata = self._queue.get_queue_properties().metadata
            self._queue.set_queue_metadata(metadata)
