"""The document index in Azure Table storage.

Every document has two rows that carry the same entry: `by-id` finds one document in one read,
`by-time` gives the listing, newest first, since its keys count time backwards.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from azure.core import MatchConditions
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.data.tables import TableClient, TableEntity, TableServiceClient, UpdateMode

from docflow.adapters.azure.errors import translated
from docflow.adapters.azure.storage import STORAGE
from docflow.errors import ErrorCode, PermanentError, TransientError
from docflow.models.index import IndexEntry
from docflow.ports import IndexPage, IndexQuery

BY_ID = "by-id"
BY_TIME = "by-time"
LAST_MICROSECOND = 10**17 - 1
WRITE_ATTEMPTS = 10
MAX_SERVER_PAGES = 50
"""Most pages of the table that one listing reads before it returns what it has found."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

ResultT = TypeVar("ResultT")
ServerPage = tuple[list[TableEntity], dict[str, str] | None]
"""Rows, and the token that leads to the next ones."""


class TableDocumentIndex:
    """Listing of documents in one table, made on first use."""

    def __init__(self, service: TableServiceClient, table: str) -> None:
        self._table: TableClient = service.get_table_client(str(table))

    def put(self, entry: IndexEntry) -> None:
        """Store an entry unless one with a higher sequence is there already.

        The rows are written one after the other, each guarded by its ETag. Where the second write
        fails, the next put, or this one repeated, updates that row.
        """
        with translated(STORAGE):
            self._with_table(lambda: self._put_row(_row(BY_ID, entry.document_id, entry)))
            self._put_row(_row(BY_TIME, _time_key(entry), entry))

    def get(self, document_id: str) -> IndexEntry | None:
        """Find one document."""
        with translated(STORAGE):
            found = self._find(BY_ID, document_id)
        return None if found is None else _entry(found)

    def list(self, query: IndexQuery) -> IndexPage:
        """Find documents, the newest first; a page may be short where a filter finds little."""
        token = _read_continuation(query.continuation)
        entries: list[IndexEntry] = []
        with translated(STORAGE), _bad_continuation(token):
            for _ in range(MAX_SERVER_PAGES):
                rows, token = self._server_page(query, query.limit - len(entries), token)
                entries.extend(map(_entry, rows))
                if token is None or len(entries) >= query.limit:
                    break
        return IndexPage(entries, None if token is None else _write_continuation(token))

    def check(self) -> None:
        """Raise where the index cannot be reached."""
        with translated(STORAGE):
            self._find(BY_ID, "check")

    def _server_page(
        self, query: IndexQuery, size: int, token: dict[str, str] | None
    ) -> ServerPage:
        text, parameters = _filter(query)
        found = self._table.query_entities(text, parameters=parameters, results_per_page=size)
        # The SDK types the token as text, but returns and accepts an object with two keys.
        pages: Any = found.by_page(token)  # type: ignore[arg-type]
        try:
            rows = list(next(pages, ()))
        except ResourceNotFoundError:
            return [], None
        return rows, pages.continuation_token

    def _find(self, partition: str, row: str) -> TableEntity | None:
        try:
            return self._table.get_entity(partition, row)
        except ResourceNotFoundError:
            return None

    def _put_row(self, row: dict[str, Any]) -> None:
        for _ in range(WRITE_ATTEMPTS):
            found = self._find(row["PartitionKey"], row["RowKey"])
            if found is not None and found["sequence"] > row["sequence"]:
                return
            with suppress(ResourceExistsError, ResourceModifiedError):
                self._write_over(found, row)
                return
        raise TransientError(
            ErrorCode.STORAGE_UNAVAILABLE,
            "Too many processes write one row of the index at the same time; try again later.",
        )

    def _write_over(self, found: TableEntity | None, row: dict[str, Any]) -> None:
        if found is None:
            self._table.create_entity(row)
            return
        self._table.update_entity(
            row,
            mode=UpdateMode.REPLACE,
            etag=found.metadata["etag"],
            match_condition=MatchConditions.IfNotModified,
        )

    def _with_table(self, act: Callable[[], ResultT]) -> ResultT:
        """Call a function; where the table is missing, create it and call again."""
        try:
            return act()
        except ResourceNotFoundError:
            with suppress(ResourceExistsError):
                self._table.create_table()
            return act()


def _time_key(entry: IndexEntry) -> str:
    return f"{_inverted(entry.received_at):017d}-{entry.document_id}"


def _inverted(moment: datetime) -> int:
    return LAST_MICROSECOND - (moment - _EPOCH) // timedelta(microseconds=1)


def _row(partition: str, key: str, entry: IndexEntry) -> dict[str, Any]:
    """Return a row: the entry as a whole, and columns for what listings filter by."""
    return {
        "PartitionKey": partition,
        "RowKey": key,
        "sequence": entry.sequence,
        "name": entry.name,
        "status": str(entry.status),
        "urgency": str(entry.urgency or ""),
        "review": bool(entry.review_reasons),
        "received": _sortable(entry.received_at),
        "entry": entry.model_dump_json(exclude_none=True),
    }


def _entry(row: TableEntity) -> IndexEntry:
    return IndexEntry.model_validate_json(row["entry"])


def _sortable(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _filter(query: IndexQuery) -> tuple[str, dict[str, Any]]:
    conditions = ["PartitionKey eq @partition"]
    parameters: dict[str, Any] = {"partition": BY_TIME}
    columns = {
        "name": query.name,
        "status": None if query.status is None else str(query.status),
        "urgency": None if query.urgency is None else str(query.urgency),
        "review": query.review,
    }
    for column, value in columns.items():
        if value is not None:
            conditions.append(f"{column} eq @{column}")
            parameters[column] = value
    if query.since is not None:
        # The key narrows the scan to the millisecond, the column decides.
        conditions.append("RowKey lt @oldest and received ge @since")
        oldest = min(_inverted(query.since) + 1, LAST_MICROSECOND)  # times before 1970 too
        parameters["oldest"] = f"{oldest:017d}"
        parameters["since"] = _sortable(query.since)
    return " and ".join(conditions), parameters


def _write_continuation(token: dict[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(token).encode()).decode()


def _read_continuation(text: str | None) -> dict[str, str] | None:
    if text is None:
        return None
    try:
        token = json.loads(base64.b64decode(text, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError) as error:
        raise _not_ours() from error
    known = isinstance(token, dict) and token.keys() == {"PartitionKey", "RowKey"}
    if not known or not all(isinstance(value, str) for value in token.values()):
        raise _not_ours()
    return {str(key): value for key, value in token.items()}


@contextmanager
def _bad_continuation(token: dict[str, str] | None) -> Iterator[None]:
    """Translate the refusal of a token that is well formed, but not of this table."""
    try:
        yield
    except HttpResponseError as error:
        if token is not None and error.status_code == 400:
            raise _not_ours() from error
        raise


def _not_ours() -> PermanentError:
    return PermanentError(
        ErrorCode.BAD_CONTINUATION,
        "The continuation is not from a listing; list from the start.",
    )
