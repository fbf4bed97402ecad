"""What lists and statistics cost with few and with many documents, and while documents are read.

The index is filled with documents that were received one a few minutes before the other and have
ended. Its rows are made by the adapter itself, on a table in memory, and then written to Azurite
many at once. Each row is the median of some requests to a running app, in milliseconds; the last
one is taken while documents are on their way.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from azure.core.exceptions import ResourceNotFoundError, ServiceResponseError
from azure.data.tables import TableClient, TableEntity, TableServiceClient

from benchmarks.measuring import Goal, Measured, Row, Scenario
from benchmarks.storage import written
from devstack.testing.whole_stack import QUICK, WholeStack, whole_stack
from docflow.adapters.azure.index import TableDocumentIndex
from docflow.adapters.azure.storage import table_service
from docflow.contracts import INDEX_TABLE
from docflow.models.index import IndexEntry
from docflow.models.states import Stage, Status, UrgencyLevel
from docflow.settings import Settings

FEW, MANY = 100, 100_000
MINUTES_APART = 4
DOCUMENTS = 50
PAGES = 3
REQUESTS = 15
RARE = 500
"""One document in so many has failed."""
AT_ONCE = 100
"""Most rows in one transaction."""
WITHIN_MILLISECONDS = 300
SAME_COST = 2.0
"""Most that many documents may cost, as a multiple of few. The emulator looks at all rows of a
table, whatever is asked for; Table storage does not."""
QUERIES: Mapping[str, tuple[str, dict[str, str]]] = {
    "stats of a day": ("/api/stats", {}),
    "stats of 90 days": ("/api/stats", {"window": "90d"}),
    "list": ("/api/documents", {}),
    "list by a rare status": ("/api/documents", {"status": "failed"}),
    "list by status and urgency": ("/api/documents", {"status": "published", "urgency": "urgent"}),
    "list by name": ("/api/documents", {"name": "letters/7.pdf"}),
    "reviews": ("/api/reviews", {}),
}

Rows = dict[tuple[str, str], dict[str, Any]]


class TableInMemory:
    """The part of a table that the index needs to be filled."""

    def __init__(self) -> None:
        self.rows: Rows = {}

    def get_table_client(self, _name: str) -> TableInMemory:
        """Return this table, whatever its name."""
        return self

    def get_entity(self, partition: str, row: str) -> TableEntity:
        """Return a row."""
        if (partition, row) not in self.rows:
            raise ResourceNotFoundError
        raise AssertionError(f"{row} was written by another process")

    def upsert_entity(self, row: dict[str, Any]) -> None:
        """Write a row."""
        self.rows[row["PartitionKey"], row["RowKey"]] = row

    def submit_transaction(
        self, operations: Sequence[tuple[Any, ...]]
    ) -> Sequence[Mapping[str, str]]:
        """Write several rows."""
        for _, row, *_ in operations:
            self.upsert_entity(row)
        return [{"etag": "1"} for _ in operations]


def entries(count: int, until: datetime) -> Sequence[IndexEntry]:
    """Return documents that have ended, the oldest first."""
    chosen = random.Random(7)  # noqa: S311 - the same documents each time
    found = []
    for number in range(count, 0, -1):
        received = until - timedelta(minutes=MINUTES_APART * number)
        failed = number % RARE == RARE // 2
        found.append(
            IndexEntry(
                document_id=f"{chosen.getrandbits(128):032x}",
                name=f"letters/{number % (count // 10)}.pdf",
                status=Status.FAILED if failed else Status.PUBLISHED,
                stage=Stage.DONE,
                received_at=received,
                updated_at=received + timedelta(seconds=chosen.lognormvariate(3, 1)),
                sequence=3,
                urgency=chosen.choices(list(UrgencyLevel), [1, 4])[0],
                pages=chosen.randrange(1, 40),
                title="A letter about something that has to be done soon",
            )
        )
    return found


def fill(service: TableServiceClient, documents: Sequence[IndexEntry]) -> None:
    """Write documents into an empty index, many rows at once."""
    memory = TableInMemory()
    index = TableDocumentIndex(cast(TableServiceClient, memory), INDEX_TABLE)
    for each in documents:
        index.put(each)
    partitions: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for (partition, _), row in sorted(memory.rows.items()):
        partitions[partition].append(row)
    table = service.create_table_if_not_exists(INDEX_TABLE)
    parts = [
        rows[start : start + AT_ONCE]
        for rows in partitions.values()
        for start in range(0, len(rows), AT_ONCE)
    ]
    for part in parts:
        _write(table, part)


def _write(table: TableClient, rows: Sequence[dict[str, Any]]) -> None:
    """Write rows; the emulator may close a connection just when it is used again."""
    operations = [("upsert", row) for row in rows]
    with suppress(ServiceResponseError):
        table.submit_transaction(operations)
        return
    table.submit_transaction(operations)


def measure() -> Measured:
    """Ask an app with few documents, one with many, and that one while it reads documents."""
    few, many = _asked(FEW), _asked(MANY, while_reading=True)
    rows = [
        Row(what, {"100": few[what], "100,000": many[what], "ratio": many[what] / few[what]})
        for what in QUERIES
    ]
    busy = many["95th percentile"]
    rows.append(Row(f"list, 95th percentile, {DOCUMENTS} documents read", {"100,000": busy}))
    goals = [Goal(f"{what}, ratio", many[what] / few[what], SAME_COST) for what in QUERIES]
    goals.append(Goal("list while documents are read, ms", busy, WITHIN_MILLISECONDS))
    return Measured(rows, goals)


def _asked(count: int, *, while_reading: bool = False) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder, whole_stack(Path(folder), QUICK) as stack:
        settings = Settings.load({"DOCUMENTS_STORAGE": stack.ports.storage})
        with table_service(settings) as service:
            fill(service, entries(count, datetime.now(UTC)))
        figures = {
            what: statistics.median(_milliseconds(stack, *query) for _ in range(REQUESTS))
            for what, query in QUERIES.items()
        }
        if while_reading:
            figures["95th percentile"] = _while_reading(stack)
        return figures


def _milliseconds(stack: WholeStack, path: str, query: dict[str, str]) -> float:
    started = time.perf_counter()
    answer = stack.get(path, **query)
    took = 1_000 * (time.perf_counter() - started)
    answer.raise_for_status()
    return took


def _while_reading(stack: WholeStack) -> float:
    """Drop documents and list all the while, until they have ended; return the 95th percentile."""
    dropped = [stack.drop(f"busy-{n}.pdf", written(PAGES + n % 2)) for n in range(DOCUMENTS)]
    took: list[float] = []
    at_rest: Callable[[str], bool] = lambda each: (  # noqa: E731
        (found := stack.find(each)) is not None and (found.is_at_end or found.is_waiting)
    )
    deadline = time.monotonic() + 600
    while dropped:
        took += [_milliseconds(stack, *QUERIES["list"]) for _ in range(5)]
        if at_rest(dropped[-1]):
            dropped.pop()
        if time.monotonic() > deadline:
            raise AssertionError(f"{len(dropped)} documents did not come to rest")
    return statistics.quantiles(took, n=20)[-1]


SCENARIO = Scenario(
    title="Lists and statistics with few and many documents, in ms",
    what="request",
    columns={"100": ",.0f", "100,000": ",.0f", "ratio": ".2f"},
    measure=measure,
)
