"""Pages are read side by side, a bounded number at once, and come back in page order."""

from __future__ import annotations

import pytest

from devstack.testing.scans import numbered
from devstack.testing.whole_stack import WholeStack
from docflow.settings import Settings

PAGES = 30

pytestmark = pytest.mark.host


def test_pages_are_read_side_by_side_within_the_hosts_bound(stack: WholeStack) -> None:
    most = Settings().ocr_pages_at_once
    # Slow enough for the limit on requests a second not to be what bounds them.
    stack.faults({"ocr.analyze": {"latency_ms": 2_000}})
    document_id = stack.drop("numbered.tiff", numbered(PAGES))

    document = stack.until(document_id, lambda d: d.is_waiting or d.is_at_end)
    texts = [
        stack.get(f"/api/documents/{document_id}/pages/{number}").text
        for number in range(1, PAGES + 1)
    ]

    assert document.pages_total == PAGES
    operations = stack.stats()["operations"]
    sent_at_once = operations["ocr.analyze"]["max_in_flight"]
    assert most / 2 < sent_at_once <= most < PAGES
    assert [f"Sheet {number}" in text for number, text in enumerate(texts, 1)] == [True] * PAGES
