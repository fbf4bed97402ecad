"""The contract of the queue, held against the fake and against Azurite."""

from __future__ import annotations

import base64
import json

import pytest

from docflow.adapters.azure.queue import AzureStorageQueue
from docflow.adapters.azure.storage import queue_service
from docflow.errors import PermanentError
from docflow.settings import Settings
from testkit.fakes import InMemoryQueue

MESSAGE = {"documentId": "abc", "name": "Überprüfung 📄.pdf", "pages": 3}


def test_a_message_stays_in_memory_as_its_reader_sees_it() -> None:
    queue = InMemoryQueue()

    queue.send(MESSAGE)
    queue.check()

    assert queue.messages == [MESSAGE]


@pytest.mark.emulator
def test_a_message_is_json_in_base64_as_queue_triggers_read_it(
    storage: Settings, unused_name: str
) -> None:
    with queue_service(storage) as service:
        queue = AzureStorageQueue(service, unused_name)
        queue.check()

        queue.send(MESSAGE)
        service.get_queue_client(unused_name).set_queue_metadata({"owner": "me"})
        queue.check()
        queue.send({"second": True})
        assert service.get_queue_client(unused_name).get_queue_properties().metadata == {
            "owner": "me"
        }

        with service.get_queue_client(unused_name) as reader:
            received = [m.content for m in reader.receive_messages(max_messages=2)]
    assert [json.loads(base64.b64decode(content)) for content in received] == [
        MESSAGE,
        {"second": True},
    ]


@pytest.mark.emulator
def test_a_message_beyond_the_limit_is_rejected(storage: Settings, unused_name: str) -> None:
    with queue_service(storage) as service:
        queue = AzureStorageQueue(service, unused_name)
        with pytest.raises(PermanentError, match="STORAGE_REJECTED"):
            queue.send({"text": "x" * 70_000})
