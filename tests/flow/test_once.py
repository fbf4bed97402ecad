"""Nothing is done twice and nothing is lost: repeated deliveries, and a host that keeps dying."""

from __future__ import annotations

import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from devstack.testing.letters import LETTER, NOTICE, unique
from devstack.testing.scans import stamped
from devstack.testing.whole_stack import WholeStack, whole_stack
from docflow.contracts import ticket_label_for

SAMPLES = Path(__file__).parents[2] / "samples" / "files"

pytestmark = pytest.mark.host


def deliver_again(stack: WholeStack, name: str) -> int:
    """Deliver an upload to the blob trigger once more, as a repeated event would."""
    response = stack.post("/admin/functions/document_uploaded", json={"input": f"incoming/{name}"})
    return response.status_code


def executions(stack: WholeStack, document_id: str) -> list[dict[str, Any]]:
    address = f"/runtime/webhooks/durabletask/instances/{document_id}"
    history = stack.get(address, showHistory="true").json()["historyEvents"]
    return [event for event in history if event["EventType"] == "ExecutionStarted"]


def test_an_upload_delivered_many_times_at_once_is_processed_once(stack: WholeStack) -> None:
    before = stack.stats()
    document_id = stack.drop("many.txt", unique(LETTER, "delivered at once"))

    with ThreadPoolExecutor(8) as pool:
        codes = set(pool.map(lambda _: deliver_again(stack, "many.txt"), range(8)))
    stack.ended(document_id)

    assert codes == {202}
    after = stack.stats()
    assert (
        after["operations"]["chat.completions"]["requests"]
        - before["operations"]["chat.completions"]["requests"]
        == 2
    )
    assert after["webhooks_received"] - before["webhooks_received"] == 1


def test_an_upload_delivered_after_its_end_is_not_processed_again(stack: WholeStack) -> None:
    document_id = stack.drop("late.txt", unique(LETTER, "delivered late"))
    first = stack.ended(document_id)
    asked = stack.stats()["operations"]["chat.completions"]["requests"]
    started = executions(stack, document_id)

    assert deliver_again(stack, "late.txt") == 202
    other = stack.drop("after.txt", unique(LETTER, "a later document"))
    stack.ended(other)

    assert executions(stack, document_id) == started
    assert stack.app.result(document_id) == first
    assert stack.stats()["operations"]["chat.completions"]["requests"] == asked + 2


def test_new_bytes_under_an_old_name_are_a_new_document(stack: WholeStack) -> None:
    first = stack.drop("same-name.txt", unique(LETTER, "first edition"))
    stack.ended(first)
    second = stack.drop("same-name.txt", unique(LETTER, "second edition"))

    record = stack.ended(second)

    assert first != second
    assert record["source"]["duplicateOf"] is None
    assert stack.app.result(first)["status"] == "published"


def paid(stack: WholeStack) -> tuple[int, int]:
    """Calls that cost money so far: pages sent to OCR, questions to the model."""
    operations = stack.stats()["operations"]
    return operations["ocr.analyze"]["requests"], operations["chat.completions"]["requests"]


def decided(stack: WholeStack, document_id: str) -> dict[str, Any]:
    """Take a document to its end, over a review where it waits for one."""
    if stack.until(document_id, lambda d: d.is_waiting or d.is_at_end).is_waiting:
        stack.raise_event(document_id, {"approved": False})
    return stack.ended(document_id)


def test_a_second_copy_of_a_file_calls_no_paid_service(stack: WholeStack) -> None:
    content = (SAMPLES / "service-agreement-mixed.pdf").read_bytes() + b"\n% twice\n"
    first_id = stack.drop("original.pdf", content)
    first = decided(stack, first_id)
    before = paid(stack)

    copy = decided(stack, stack.drop("copies/another name.pdf", content))

    assert paid(stack) == before
    assert copy["source"]["duplicateOf"] == first_id
    assert copy["summary"] == first["summary"]
    assert [page["cached"] for page in copy["pages"] if page["method"] == "ocr"] == [True, True]
    assert copy["cost"]["ocrPages"] == 0
    assert copy["cost"]["cachedCalls"] == sum(call["calls"] for call in copy["provenance"]) > 0
    assert (copy["cost"]["promptTokens"], copy["cost"]["estimatedUsd"]) == (0, 0)
    assert copy["cost"]["ocrPagesSaved"] == len(copy["pages"])
    assert copy["cost"]["savedUsd"] > 0
    assert stack.get("/api/stats").json()["savedUsd"] >= copy["cost"]["savedUsd"]


def test_a_parked_document_that_is_reprocessed_pays_for_what_was_not_read(
    stack: WholeStack,
) -> None:
    # Three pages, three tries each: all but the very last request fail.
    stack.faults({"ocr.analyze": {"status": 503, "next": 8}})
    fax = (SAMPLES / "domain-renewal-fax.tiff").read_bytes()
    parked_id = stack.drop("parked.tiff", stamped(fax, "parked in part"))
    parked = stack.ended(parked_id)
    assert (parked["error"]["code"], parked["coverage"]["pagesRead"]) == ("OCR_UNAVAILABLE", 1)
    stack.heal()
    before, _ = paid(stack)

    second = stack.post(f"/api/documents/{parked_id}/reprocess").json()["id"]
    record = decided(stack, second)

    assert paid(stack)[0] == before + 2
    assert sorted(page["cached"] for page in record["pages"]) == [False, False, True]
    assert record["cost"]["ocrPages"] == 2


# The real host takes longer to start than this one lives between two kills: see test_crash.py.
@pytest.mark.stand_in
def test_a_host_that_is_killed_ten_times_loses_and_repeats_nothing(tmp_path: Path) -> None:
    chance = random.SystemRandom()
    with whole_stack(tmp_path) as stack:
        urgent = [stack.drop(f"notice-{n}.txt", unique(NOTICE, f"kill {n}")) for n in range(4)]
        normal = [stack.drop(f"club-{n}.txt", unique(LETTER, f"kill {n}")) for n in range(4)]
        scans = [
            stack.drop(name, (SAMPLES / name).read_bytes())
            for name in ("final-notice-scan.pdf", "domain-renewal-fax.tiff")
        ]
        documents = [*urgent, *normal, *scans]
        approved: set[str] = set()
        for _ in range(10):
            time.sleep(chance.uniform(0.3, 2.0))
            stack.kill_host()
            approve_waiting(stack, documents, approved)
        records = {}
        for document_id in documents:
            reached = stack.until(document_id, lambda d: d.is_waiting or d.is_at_end)
            if reached.is_waiting and document_id not in approved:
                stack.raise_event(document_id, {"approved": True})
            records[document_id] = stack.ended(document_id)

        assert Counter(record["status"] for record in records.values()) == {"published": 10}
        wanted = sorted(ticket_label_for(document_id) for document_id in [*urgent, *scans])
        labels = sorted(label for issue in stack.issues() for label in issue["fields"]["labels"])
        assert labels == wanted
        assert stack.stats()["issues_created"] == len(wanted)


def approve_waiting(stack: WholeStack, documents: list[str], approved: set[str]) -> None:
    """Approve what waits by now; a host that is just starting is asked again later."""
    for document_id in documents:
        document = stack.find(document_id)
        waits = document is not None and document.is_waiting and document_id not in approved
        if waits and stack.raise_event(document_id, {"approved": True}).status_code == 202:
            approved.add(document_id)
