"""Files that share a name, sent within a second: each is a document with its own bytes."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from devstack.testing.letters import LETTER, NOTICE, unique
from devstack.testing.whole_stack import WholeStack
from docflow.contracts import Container

FILES = 30
SCAN = Path(__file__).parents[2] / "samples" / "files" / "final-notice-scan.pdf"

pytestmark = [pytest.mark.host, pytest.mark.long, pytest.mark.timeout(900)]


def test_every_file_that_was_taken_under_one_name_ends_with_its_own_bytes(
    stack: WholeStack,
) -> None:
    sent = [unique(NOTICE if n % 5 == 0 else LETTER, f"of one name {n}") for n in range(FILES)]
    large = SCAN.read_bytes() + b"\n%" + b"x" * 5_000_000 + b"\n"
    sent[7:9] = [large + b"% one\n%%EOF\n", large + b"% two\n%%EOF\n"]

    def post(content: bytes) -> str:
        address = f"{stack.ports.app_url}/api/documents"
        query = {"name": "same.bin"}
        answer = requests.post(address, params=query, data=content, timeout=stack.patience)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    with ThreadPoolExecutor(FILES) as pool:
        ids = list(pool.map(post, sent))

    assert len(set(ids)) == FILES
    for document_id, content in zip(ids, sent, strict=True):
        end = stack.until(document_id, lambda document: document.is_waiting or document.is_at_end)
        if end.is_waiting:
            stack.raise_event(document_id, {"approved": True})
        record = stack.ended(document_id)
        assert record["status"] == "published", record["error"]
        assert record["source"]["sha256"] == hashlib.sha256(content).hexdigest()
        assert stack.get(f"/api/documents/{document_id}/source").content == content
    assert stack.blob_names(Container.WORK, "staged/") == []
    assert stack.blob_names(Container.WORK, "receipts/") == []
