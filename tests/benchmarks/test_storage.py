"""Storage operations are counted by what Azurite logs, and the documents are what they claim."""

from __future__ import annotations

from pathlib import Path

import pytest
from pypdfium2 import PdfDocument

from benchmarks.at_rest import figures
from benchmarks.storage import scanned, written
from benchmarks.storage_log import Operations, StorageCount, StorageLog, count, operations
from devstack.testing.whole_stack import whole_stack
from docflow.contracts import Container

TIME = "127.0.0.1 - - [28/Nov/2026:00:13:42 +0000]"
ACCOUNT = "/devstoreaccount1"


def line(request: str, answer: str) -> str:
    return f'{TIME} "{request} HTTP/1.1" {answer}'


@pytest.mark.parametrize(
    ("request_line", "answer", "counted"),
    [
        (f"GET {ACCOUNT}/work/a%20b/c.json", "200 50", StorageCount(blob_reads=1, bytes_read=50)),
        (f"GET {ACCOUNT}/work/a/c.bin", "206 100", StorageCount(blob_reads=1, bytes_read=100)),
        (f"GET {ACCOUNT}/work/a/none", "404 -", StorageCount(blob_reads=1)),
        (f"GET {ACCOUNT}/work/a/none", "404 215", StorageCount(blob_reads=1)),
        (f"PUT {ACCOUNT}/results/a.json", "201 -", StorageCount(blob_writes=1)),
        (f"PUT {ACCOUNT}/work/a?comp=block&blockid=MQ", "201 -", StorageCount(blob_writes=1)),
        (f"PUT {ACCOUNT}/work/a?comp=blocklist", "201 -", StorageCount(blob_writes=1)),
        (f"PUT {ACCOUNT}/incoming/a.pdf", "201 -", StorageCount()),
        (f"PUT {ACCOUNT}/work/a?comp=lease", "201 -", StorageCount(blob_others=1)),
        (f"HEAD {ACCOUNT}/work/a", "200 5000", StorageCount(blob_others=1)),
        (f"DELETE {ACCOUNT}/work/a", "202 -", StorageCount(blob_others=1)),
        (
            f"GET {ACCOUNT}/incoming?restype=container&comp=list",
            "200 -",
            StorageCount(blob_others=1),
        ),
        (f"GET {ACCOUNT}/documents(PartitionKey='a',RowKey='b')", "200 -", StorageCount(tables=1)),
        (f"GET {ACCOUNT}/documents()", "200 -", StorageCount(tables=1)),
        (f"POST {ACCOUNT}/$batch", "202 -", StorageCount(tables=1)),
        (f"POST {ACCOUNT}/document-processed/messages", "201 -", StorageCount(queues=1)),
    ],
)
def test_each_request_counts_as_what_it_is(
    request_line: str, answer: str, counted: StorageCount
) -> None:
    assert count(["Azurite Blob service is starting", line(request_line, answer)]) == counted


@pytest.mark.parametrize(
    ("request_line", "seen"),
    [
        (f"GET {ACCOUNT}/docflow-control-00/messages?numofmessages=32", Operations(queues=1)),
        (f"PUT {ACCOUNT}/docflow-workitems/messages/id?popreceipt=x", Operations(queues=1)),
        (f"GET {ACCOUNT}/docflow-control-00?comp=metadata", Operations(queues=1)),
        (f"GET {ACCOUNT}/docflowInstances()?$filter=x", Operations(tables=1)),
        (f"PATCH {ACCOUNT}/docflowPartitions(PartitionKey='',RowKey='a')", Operations(tables=1)),
        (f"POST {ACCOUNT}/docflowInstances", Operations(tables=1)),
        (f"POST {ACCOUNT}/$batch", Operations(tables=1)),
        (f"GET {ACCOUNT}/Tables", Operations(tables=1)),
        (
            f"GET {ACCOUNT}/incoming?restype=container&comp=list",
            Operations(blob_writes_and_lists=1),
        ),
        (f"PUT {ACCOUNT}/incoming?restype=container", Operations(blob_writes_and_lists=1)),
        (f"PUT {ACCOUNT}/work/a/b.json", Operations(blob_writes_and_lists=1)),
        (f"PUT {ACCOUNT}/work/a?comp=block&blockid=MQ", Operations(blob_writes_and_lists=1)),
        (f"PUT {ACCOUNT}/docflow-applease/app?comp=lease", Operations(blob_others=1)),
        (f"GET {ACCOUNT}/work/a/messages/b", Operations(blob_others=1)),
        (f"GET {ACCOUNT}/work?restype=container&comp=metadata", Operations(blob_others=1)),
        (f"HEAD {ACCOUNT}/work/a", Operations(blob_others=1)),
    ],
)
def test_all_requests_count_by_what_they_cost(request_line: str, seen: Operations) -> None:
    assert operations([line(request_line, "200 -"), "no request"]) == seen


def test_operations_of_an_hour_have_their_price_a_month() -> None:
    seen = Operations(queues=1_000, tables=1_000, blob_writes_and_lists=100, blob_others=1_000)

    at_rest = figures(seen, hours=0.5)

    assert at_rest["queue"] == 2_000
    assert at_rest["all"] == 6_200
    assert at_rest["USD a month"] == pytest.approx(1.95, abs=0.01)


@pytest.mark.emulator
def test_the_log_of_the_emulator_holds_what_was_asked_since_the_last_time(tmp_path: Path) -> None:
    with whole_stack(tmp_path, storage_access_log=True) as stack:
        log = StorageLog(stack.storage_log, stack.blobs)
        blob = stack.blobs.get_blob_client(Container.QUARANTINE.value, "a name/with ü.txt")
        log.since_last_time()

        blob.upload_blob(b"x" * 1_000)
        blob.download_blob().readall()
        blob.download_blob(offset=10, length=90).readall()
        first = log.since_last_time()
        blob.download_blob().readall()
        second = log.since_last_time()

    own = [count(each for each in lines if "/quarantine/" in each) for lines in (first, second)]
    assert own == [
        StorageCount(blob_reads=2, bytes_read=1_090, blob_writes=1),
        StorageCount(blob_reads=1, bytes_read=1_000),
    ]


def test_written_pages_have_a_long_text_layer_and_differ() -> None:
    texts = [page.get_textpage().get_text_range() for page in PdfDocument(written(20))]

    assert len(set(texts)) == 20
    assert all(2_700 < len(text) < 3_300 for text in texts)


def test_scanned_pages_are_pictures_that_differ() -> None:
    pages = list(PdfDocument(scanned(3)))

    assert [page.get_textpage().get_text_range() for page in pages] == ["", "", ""]
    assert len({page.render().to_pil().tobytes() for page in pages}) == 3
