"""Uploads that blob tools write bit by bit, change in place, or drop while nobody listens."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import pytest

from devstack.testing.letters import LETTER, NOTICE, unique
from devstack.testing.whole_stack import QUICK, WholeStack, whole_stack
from docflow.contracts import Container, document_id_for

COMES_TO_REST_SECONDS = 150.0
"""Half a minute without a change, then the next run of the upkeep, on a busy machine."""

pytestmark = [pytest.mark.host, pytest.mark.long, pytest.mark.timeout(900)]


def documents_named(stack: WholeStack, name: str) -> list[str]:
    listed = stack.get("/api/documents", name=name).json()["documents"]
    return [document["id"] for document in listed]


def test_uploads_that_change_in_place_are_one_document_each(stack: WholeStack) -> None:
    folder = stack.blobs.get_blob_client(Container.INCOMING.value, "year/2026")
    folder.upload_blob(b"", metadata={"hdi_isfolder": "true"})
    stack.drop("tagged.txt", unique(LETTER, "changed in place"))
    tagged = stack.blobs.get_blob_client(Container.INCOMING.value, "tagged.txt")
    content = unique(LETTER, "written bit by bit")
    growing = stack.blobs.get_blob_client(Container.INCOMING.value, "growing.txt")
    growing.create_append_blob()
    for begin in range(0, len(content), 100):
        growing.append_block(content[begin : begin + 100])
        tagged.set_blob_metadata({"piece": str(begin)})
        time.sleep(0.5)
    at_rest = growing.get_blob_properties().etag

    document_id = document_id_for(Container.INCOMING.value, "growing.txt", at_rest)
    record = stack.ended(document_id, stack.patience + COMES_TO_REST_SECONDS)

    assert record["status"] == "published"
    assert record["source"]["sha256"] == hashlib.sha256(content).hexdigest()
    assert documents_named(stack, "growing.txt") == [document_id]
    # Whichever of its ETags was noticed first names the document.
    (changed,) = documents_named(stack, "tagged.txt")
    assert stack.ended(changed)["status"] == "published"
    assert documents_named(stack, "year/2026") == []


def test_a_file_that_grows_while_it_waits_is_not_published(stack: WholeStack) -> None:
    content = unique(NOTICE, "grows while it waits")
    blob = stack.blobs.get_blob_client(Container.INCOMING.value, "waits.txt")
    blob.create_append_blob()
    etag = str(blob.append_block(content)["etag"])
    document_id = document_id_for(Container.INCOMING.value, "waits.txt", etag)
    stack.until(document_id, lambda d: d.is_waiting, stack.patience + COMES_TO_REST_SECONDS)

    blob.append_block(b"\nAnd there was more to say.\n")
    stack.raise_event(document_id, {"approved": True})

    record = stack.ended(document_id)
    assert (record["status"], record["error"]["code"]) == ("quarantined", "SOURCE_CHANGED")
    assert record["ticket"] is None


def test_files_that_no_event_tells_of_are_all_noticed(tmp_path: Path) -> None:
    settings = {**QUICK, "BLOB_TRIGGER_SOURCE": "EventGrid"}
    with whole_stack(tmp_path, settings) as stack:
        ids = [stack.drop(f"{n}.txt", unique(LETTER, f"untold {n}")) for n in range(20)]

        ends = [stack.ended(each, stack.patience + COMES_TO_REST_SECONDS) for each in ids]

        assert {record["status"] for record in ends} == {"published"}
        assert len(stack.get("/api/documents").json()["documents"]) == len(ids)
