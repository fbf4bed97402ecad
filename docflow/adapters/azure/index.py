"""The document index in Azure Table storage.

A month is a partition. It holds one row for each document that was received in it, the newest first
since the keys count time backwards, and sums over the documents of each day, hour and minute. An
entry and the sums that it changes are written in one transaction, so that every document is counted
once, as it is, whatever is repeated or crashes. Sums are read instead of documents for statistics;
and a listing with a filter reads only the days, hours or minutes that hold what it looks for.

Beside the months there are rows that are written once and never change: where a document is, which
documents have a name, and which months there are.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import random
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

from azure.core import MatchConditions
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from azure.data.tables import TableClient, TableEntity, TableServiceClient, UpdateMode

from docflow.adapters.azure.errors import translated
from docflow.adapters.azure.storage import STORAGE
from docflow.errors import ErrorCode, PermanentError, TransientError
from docflow.models.index import IndexEntry
from docflow.models.totals import Totals
from docflow.ports import IndexPage, IndexQuery

LAST_MICROSECOND = 10**17 - 1
WRITE_ATTEMPTS = 20
MOST_LOOKED_AT = 1_000
"""Most documents that one listing by name looks at before it returns what it has found."""
SCANNED = 1_000
"""Most documents that are filtered by the service, without a look at finer sums: what Table storage
returns at most in one answer."""
DENSE = 10
"""A span is read at once, too, where at least one in so many of its documents is wanted."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BY_ID, _BY_TIME = "by-id", "by-time"
"""Partitions of version 0.1.0: two rows for each document."""
_MONTHS = "months"
_LAST_MONTH = 999_999
_ROW = re.compile(r"e-(\d{17})-[0-9a-f]{32}(-[1-9]\d{0,5})?")
_AFTER_ALL = "~~"
"""Sorts after every shard of a sum."""
_SHARDS = "0123456789abcdef"
"""A process writes its own shard of each sum, so that instances rarely wait for each other."""
_SUMS_KEPT = 128
_PAUSE_SECONDS = 0.05
_READ_AT_ONCE = 8
_CHANGED_MEANWHILE = frozenset({404, 409, 412})
"""Answers to a transaction whose rows are not as they were read."""

ResultT = TypeVar("ResultT")
Row = dict[str, Any]
Operation = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class _Level:
    """One kind of sums: over days, hours or minutes."""

    letter: str
    stamp: str
    """Format of the time in a key, inside of a month."""
    length: timedelta

    def key(self, moment: datetime) -> str:
        return f"{self.letter}-{moment:{self.stamp}}"

    def start(self, month: datetime, key: str) -> datetime:
        """Return the start of the span that a key names."""
        text = key.removeprefix(f"{self.letter}-").partition("~")[0]
        day, hour, minute = (int(text[at : at + 2] or 0) for at in (0, 2, 4))
        return month.replace(day=day, hour=hour, minute=minute)


_DAYS = _Level("d", "%d", timedelta(days=1))
_HOURS = _Level("h", "%d%H", timedelta(hours=1))
_MINUTES = _Level("m", "%d%H%M", timedelta(minutes=1))
_LEVELS = (_DAYS, _HOURS, _MINUTES)


@dataclass(frozen=True, slots=True)
class _Sum:
    """A sum as it is stored."""

    totals: Totals
    etag: str


class TableDocumentIndex:
    """Listing of documents in one table, made on first use."""

    def __init__(self, service: TableServiceClient, table: str) -> None:
        self._table: TableClient = service.get_table_client(str(table))
        self._shard = random.choice(_SHARDS)  # noqa: S311 - not a secret
        self._writing = threading.Lock()
        self._sums: OrderedDict[tuple[str, str], _Sum] = OrderedDict()
        """Sums as this process wrote them last: most are unchanged since."""
        self._known_months: set[datetime] = set()

    def put(self, entry: IndexEntry) -> None:
        """Store an entry unless one with a higher sequence is there already.

        The entry and the sums are written in one transaction, guarded by their ETags; where one of
        them was changed in between, all are read again.
        """
        with translated(STORAGE), self._writing:
            for _ in range(WRITE_ATTEMPTS):
                if self._with_table(lambda: self._put_once(entry)):
                    return
                time.sleep(random.uniform(0, _PAUSE_SECONDS))  # noqa: S311 - not a secret
        raise TransientError(
            ErrorCode.STORAGE_UNAVAILABLE,
            "Too many processes write to the index at the same time; try again later.",
        )

    def get(self, document_id: str) -> IndexEntry | None:
        """Find one document."""
        with translated(STORAGE):
            pointer = self._find(_pointers(document_id), document_id)
            if pointer is None:
                found = self._find(_BY_ID, document_id)
            else:
                found = self._find(_partition(_month_of_row(pointer["row"])), pointer["row"])
        return None if found is None else _entry(found)

    def list(self, query: IndexQuery) -> IndexPage:
        """Find documents, the newest first; a page may be short where a filter finds little."""
        after = _read_continuation(query.continuation)
        entries: list[IndexEntry] = []
        last = after or ""
        with translated(STORAGE):
            found = self._named(query, after) if query.name else self._walk(query, after)
            for looked_at, (row, entry) in enumerate(found):
                if len(entries) == query.limit or looked_at == MOST_LOOKED_AT:
                    return IndexPage(entries, _write_continuation(last))
                last = row
                if entry is not None:
                    entries.append(entry)
        return IndexPage(entries)

    def totals(self, since: datetime) -> Totals:
        """Sum up the documents that were received since the start of a minute."""
        since = since.astimezone(UTC)
        with translated(STORAGE):
            return Totals.sum(
                total
                for month in self._months()
                if month >= _month(since)
                for total in self._totals_since(month, since)
            )

    def carry_over(self, most: int) -> int:
        """Move rows of version 0.1.0, of at most so many documents; return how many it were."""
        with translated(STORAGE):
            rows = list(islice(self._query(_BY_ID, "", _AFTER_ALL), most))
        for row in rows:
            entry = _entry(row)
            self.put(entry)
            key = _row(entry.received_at, entry.document_id).removeprefix("e-")
            with translated(STORAGE):
                self._table.delete_entity(_BY_TIME, key)
                self._table.delete_entity(_BY_ID, entry.document_id)
        return len(rows)

    def check(self) -> None:
        """Raise where the index cannot be written."""
        with translated(STORAGE):
            row = {"PartitionKey": "health", "RowKey": "check"}
            self._with_table(lambda: self._table.upsert_entity(row))

    # Writing.

    def _put_once(self, entry: IndexEntry) -> bool:
        """Try to store an entry; return False where it has to be tried again."""
        month, row = _month(entry.received_at), _row(entry.received_at, entry.document_id)
        partition = _partition(month)
        found = self._find(partition, row)
        before = None if found is None else _entry(found)
        if before is None:
            self._introduce(entry, month, row)
        elif before.sequence > entry.sequence:
            return True
        etag = None if found is None else str(found.metadata["etag"])
        operations = [_written(etag, _entry_row(partition, row, entry))]
        added, replaced = Totals.of(entry), Totals.of(before) if before else Totals()
        if added != replaced:
            operations += [
                self._change(
                    partition, level.key(entry.received_at.astimezone(UTC)), replaced, added
                )
                for level in _LEVELS
            ]
        return self._commit(operations)

    def _introduce(self, entry: IndexEntry, month: datetime, row: str) -> None:
        """Write the rows that never change; without their entry, nobody sees them."""
        identifier = entry.document_id
        pointer = {"PartitionKey": _pointers(identifier), "RowKey": identifier, "row": row}
        self._table.upsert_entity(pointer)
        self._table.upsert_entity({"PartitionKey": _names(entry.name), "RowKey": row})
        if month not in self._known_months:
            self._table.upsert_entity({"PartitionKey": _MONTHS, "RowKey": _month_key(month)})
            self._known_months.add(month)

    def _change(self, partition: str, key: str, before: Totals, after: Totals) -> Operation:
        row = f"{key}~{self._shard}"
        known = self._sums.pop((partition, row), None) or self._find_sum(partition, row)
        changed = (known.totals if known else Totals()).changed(before, after)
        figures = json.dumps(changed.figures, separators=(",", ":"))
        return _written(
            known.etag if known else None,
            {"PartitionKey": partition, "RowKey": row, "figures": figures},
        )

    def _find_sum(self, partition: str, row: str) -> _Sum | None:
        found = self._find(partition, row)
        return None if found is None else _Sum(_totals(found), str(found.metadata["etag"]))

    def _commit(self, operations: Sequence[Operation]) -> bool:
        try:
            answers = self._table.submit_transaction(operations)
        except HttpResponseError as error:
            if error.status_code not in _CHANGED_MEANWHILE or _no_table(error):
                raise
            return False
        for (_, row, *_), answer in zip(operations[1:], answers[1:], strict=True):
            if answer.get("etag"):
                key = (row["PartitionKey"], row["RowKey"])
                self._sums[key] = _Sum(_totals(row), answer["etag"])
        while len(self._sums) > _SUMS_KEPT:
            self._sums.popitem(last=False)
        return True

    def _with_table(self, act: Callable[[], ResultT]) -> ResultT:
        """Call a function; where the table is missing, create it and call again."""
        try:
            return act()
        except ResourceNotFoundError:
            pass
        except HttpResponseError as error:
            if not _no_table(error):
                raise
        self._known_months.clear()
        self._sums.clear()
        with suppress(ResourceExistsError):
            self._table.create_table()
        return act()

    # Reading.

    def _months(self) -> Sequence[datetime]:
        """Return the months that have documents, the newest first."""
        rows = self._query(_MONTHS, "", _AFTER_ALL)
        return [_month_of_key(row["RowKey"]) for row in rows]

    def _totals_since(self, month: datetime, since: datetime) -> Iterator[Totals]:
        partition = _partition(month)
        spans = [("d-", f"d-{_AFTER_ALL}")]
        if month == _month(since):
            ends = [f"{level.key(since)}{_AFTER_ALL}" for level in (_DAYS, _HOURS)]
            spans = [
                (ends[0], f"d-{_AFTER_ALL}"),
                (ends[1], f"h-{since:%d}{_AFTER_ALL}"),
                (f"m-{since:%d%H%M}", f"m-{since:%d%H}{_AFTER_ALL}"),
            ]
        for low, high in spans:
            yield from map(_totals, self._query(partition, low, high))

    def _walk(
        self, query: IndexQuery, after: str | None
    ) -> Iterator[tuple[str, IndexEntry | None]]:
        """Yield what matches a query without a name, month by month."""
        newest = None if after is None else _moment_of_row(after)
        for month in self._months():
            if newest is not None and month > newest:
                continue
            end = _next_month(month)
            if query.since is not None and end <= query.since:
                return
            for start, stop in self._spans(month, query, (month, end), newest):
                for row in self._rows(month, query, (start, stop), after):
                    yield row["RowKey"], _entry(row)

    def _spans(
        self,
        month: datetime,
        query: IndexQuery,
        inside: tuple[datetime, datetime],
        newest: datetime | None,
        levels: tuple[_Level, ...] = _LEVELS,
    ) -> Iterator[tuple[datetime, datetime]]:
        """Yield the spans of time to be read, the newest first.

        Without a filter all of a month is read, as far as the answer needs it. Neighbouring spans
        with few documents are read together.
        """
        if query.status is None and query.urgency is None and query.review is None:
            yield inside
            return
        level, *finer = levels
        group = _Group()
        for start, total in self._parts(month, level, inside):
            stop = start + level.length
            outside = newest is not None and start > newest
            if outside or (query.since is not None and stop <= query.since):
                continue
            wanted = total.matching(query.status, query.urgency, review=query.review)
            coarse = total.documents > SCANNED and wanted * DENSE < total.documents
            if finer and wanted and coarse:
                yield from group.closed()
                part = (start, stop)
                yield from self._spans(month, query, part, newest, tuple(finer))
            else:
                yield from group.joined(start, stop, total.documents, wanted)
        yield from group.closed()

    def _parts(
        self, month: datetime, level: _Level, inside: tuple[datetime, datetime]
    ) -> Sequence[tuple[datetime, Totals]]:
        """Return the sums of the days, hours or minutes in a span, the newest first."""
        low = level.key(inside[0])
        high = f"{level.key(inside[1] - timedelta(microseconds=1))}{_AFTER_ALL}"
        shards: dict[datetime, list[Totals]] = {}
        for row in self._query(_partition(month), low, high):
            shards.setdefault(level.start(month, row["RowKey"]), []).append(_totals(row))
        return [(start, Totals.sum(shards[start])) for start in sorted(shards, reverse=True)]

    def _rows(
        self,
        month: datetime,
        query: IndexQuery,
        span: tuple[datetime, datetime],
        after: str | None,
    ) -> Iterator[TableEntity]:
        low = max(_edge(span[1]), after or "")
        high = _edge(span[0])
        columns: dict[str, str | bool | None] = {
            "status": None if query.status is None else query.status.value,
            "urgency": None if query.urgency is None else query.urgency.value,
            "review": query.review,
        }
        return self._query(
            _partition(month), low, _not_before(query, high), columns, size=query.limit + 1
        )

    def _named(
        self, query: IndexQuery, after: str | None
    ) -> Iterator[tuple[str, IndexEntry | None]]:
        """Yield the documents of a name; None for one that does not match the other filters."""
        high = _not_before(query, f"e-{_AFTER_ALL}")
        rows = self._query(_names(query.name or ""), after or "e-", high, size=query.limit + 1)
        with ThreadPoolExecutor(_READ_AT_ONCE) as pool:
            while part := [row["RowKey"] for row in islice(rows, query.limit + 1)]:
                for row, found in zip(part, pool.map(self._find_row, part), strict=True):
                    matches = found is not None and _matches(found, query)
                    yield row, found if matches else None

    def _find_row(self, row: str) -> IndexEntry | None:
        found = self._find(_partition(_month_of_row(row)), row)
        return None if found is None else _entry(found)

    def _query(
        self,
        partition: str,
        after: str,
        before: str,
        columns: dict[str, str | bool | None] | None = None,
        *,
        size: int = 1_000,
    ) -> Iterator[TableEntity]:
        """Yield the rows between two keys, both left out, whose columns have these values."""
        conditions = ["PartitionKey eq @partition and RowKey gt @after and RowKey lt @before"]
        parameters: dict[str, Any] = {"partition": partition, "after": after, "before": before}
        for column, value in (columns or {}).items():
            if value is not None:
                conditions.append(f"{column} eq @{column}")
                parameters[column] = value
        found = self._table.query_entities(
            " and ".join(conditions), parameters=parameters, results_per_page=min(size, 1_000)
        )
        with suppress(ResourceNotFoundError):  # there is no table yet
            yield from found

    def _find(self, partition: str, row: str) -> TableEntity | None:
        try:
            return self._table.get_entity(partition, row)
        except ResourceNotFoundError:
            return None


class _Group:
    """Neighbouring spans that are read together, newest first, while they hold few documents."""

    def __init__(self) -> None:
        self._span: tuple[datetime, datetime] | None = None
        self._documents = 0

    def joined(
        self, start: datetime, stop: datetime, documents: int, wanted: int
    ) -> Iterator[tuple[datetime, datetime]]:
        """Take in a span that is older than the others; yield the group where it is full."""
        if self._span and self._documents + documents > SCANNED:
            yield from self.closed()
        if wanted or self._span:
            self._span = (start, self._span[1] if self._span else stop)
            self._documents += documents

    def closed(self) -> Iterator[tuple[datetime, datetime]]:
        """Yield the group, and begin a new one."""
        if self._span:
            yield self._span
        self._span, self._documents = None, 0


# Keys.


def _inverted(moment: datetime) -> int:
    return LAST_MICROSECOND - (moment - _EPOCH) // timedelta(microseconds=1)


def _row(received: datetime, document_id: str) -> str:
    return f"e-{_inverted(received):017d}-{document_id}"


def _edge(moment: datetime) -> str:
    """Return a key after those of documents that were received at a moment, before older ones."""
    return f"e-{min(_inverted(moment), LAST_MICROSECOND):017d}~"


def _moment_of_row(row: str) -> datetime:
    return _EPOCH + timedelta(microseconds=LAST_MICROSECOND - int(row[2:19]))


def _month_of_row(row: str) -> datetime:
    return _month(_moment_of_row(row))


def _month(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _next_month(month: datetime) -> datetime:
    return _month(month + timedelta(days=31))


def _partition(month: datetime) -> str:
    return f"month-{month:%Y-%m}"


def _month_key(month: datetime) -> str:
    return f"{_LAST_MONTH - (month.year * 100 + month.month):06d}"


def _month_of_key(key: str) -> datetime:
    year, number = divmod(_LAST_MONTH - int(key), 100)
    return datetime(year, number, 1, tzinfo=UTC)


def _pointers(document_id: str) -> str:
    """Return the partition of a pointer: small ones, so that none is ever busy."""
    return f"document-{document_id[:3]}"


def _names(name: str) -> str:
    """Return the partition of a name; a key may not hold every character."""
    return f"name-{hashlib.sha256(name.encode()).hexdigest()[:32]}"


# Rows.


def _entry_row(partition: str, key: str, entry: IndexEntry) -> Row:
    """Return a row: the entry as a whole, and columns for what listings filter by."""
    return {
        "PartitionKey": partition,
        "RowKey": key,
        "status": entry.status.value,
        "urgency": entry.urgency.value if entry.urgency else "",
        "review": bool(entry.review_reasons),
        "entry": entry.model_dump_json(exclude_none=True),
    }


def _written(etag: str | None, row: Row) -> Operation:
    """Return the operation that writes a row over the one with this ETag, or creates it."""
    if etag is None:
        return "create", row
    guard = {"etag": etag, "match_condition": MatchConditions.IfNotModified}
    return "update", row, {"mode": UpdateMode.REPLACE, **guard}


def _entry(row: TableEntity) -> IndexEntry:
    return IndexEntry.model_validate_json(row["entry"])


def _totals(row: Mapping[str, Any]) -> Totals:
    return Totals(json.loads(row["figures"]))


def _matches(entry: IndexEntry, query: IndexQuery) -> bool:
    return (
        query.status in (None, entry.status)
        and query.urgency in (None, entry.urgency)
        and query.review in (None, bool(entry.review_reasons))
    )


def _not_before(query: IndexQuery, key: str) -> str:
    """Return a key, or an earlier one where the query leaves out what was received before."""
    if query.since is None:
        return key
    return min(key, _edge(query.since))


def _no_table(error: HttpResponseError) -> bool:
    code = getattr(error, "error_code", None)
    return str(getattr(code, "value", code)) == "TableNotFound" or "TableNotFound" in str(error)


# Continuations: the key of the last row that was looked at.


def _write_continuation(row: str) -> str:
    return base64.urlsafe_b64encode(json.dumps({"after": row}).encode()).decode()


def _read_continuation(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        token = json.loads(base64.b64decode(text, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise _not_ours() from error
    row = token.get("after") if isinstance(token, dict) and len(token) == 1 else None
    if not isinstance(row, str) or not row.isascii() or not _ROW.fullmatch(row):
        raise _not_ours()
    try:
        _moment_of_row(row)
    except OverflowError as error:
        raise _not_ours() from error
    return row


def _not_ours() -> PermanentError:
    return PermanentError(
        ErrorCode.BAD_CONTINUATION,
        "The continuation is not from a listing; list from the start.",
    )
