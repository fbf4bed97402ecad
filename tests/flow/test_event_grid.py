"""Uploads as Azure tells of them: by Event Grid events, which may come twice."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from devstack.testing.letters import LETTER, unique
from devstack.testing.whole_stack import QUICK, WholeStack, whole_stack
from docflow.contracts import Container

LONGER_THAN_A_SCAN = 2.5

pytestmark = pytest.mark.host


def notify(stack: WholeStack, name: str) -> int:
    """Send the event that Event Grid sends for a blob that was created."""
    blob = stack.blobs.get_blob_client(Container.INCOMING.value, name)
    event = {
        "eventType": "Microsoft.Storage.BlobCreated",
        "data": {
            "url": blob.url,
            "eTag": blob.get_blob_properties().etag.strip('"'),
            "blobType": "BlockBlob",
        },
    }
    return stack.post(
        "/runtime/webhooks/blobs?functionName=Host.Functions.document_uploaded",
        json=[event],
        headers={"aeg-event-type": "Notification"},
    ).status_code


def test_an_upload_is_processed_once_when_its_event_comes_twice(tmp_path: Path) -> None:
    with whole_stack(tmp_path, {**QUICK, "BLOB_TRIGGER_SOURCE": "EventGrid"}) as stack:
        document_id = stack.drop("club.txt", unique(LETTER, "by event"))
        time.sleep(LONGER_THAN_A_SCAN)
        assert stack.find(document_id) is None, "without an event nothing is noticed"

        assert [notify(stack, "club.txt"), notify(stack, "club.txt")] == [202, 202]

        assert stack.ended(document_id)["status"] == "published"
        stack.settle()
        assert stack.stats()["webhooks_received"] == 1
