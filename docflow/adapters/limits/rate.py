"""A rate that all instances of the app keep together: turns, given out from one row of a table.

The row holds the moment from which turns are free (the generic cell rate algorithm, without a
burst). Whoever wants turns moves it on, guarded by its ETag, and owns what it moved over; each
process takes a few ahead, so that most turns cost no call. The clocks of the instances have to
agree about as well as the platform keeps them: one that is ahead makes the others wait.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from logging import WARNING
from math import ceil
from threading import Lock
from typing import Any, Protocol

from azure.core import MatchConditions
from azure.core.exceptions import (
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.data.tables import TableClient, TableEntity, TableServiceClient, UpdateMode

from docflow.adapters.azure.errors import translated
from docflow.adapters.azure.storage import STORAGE
from docflow.errors import DocflowError, TransientError
from docflow.telemetry import log_event

PARTITION = "rate"
WRITE_ATTEMPTS = 20
CONFLICT_SECONDS = 0.01
"""Pause after the first conflict; it grows by as much each time."""
AHEAD_SECONDS = 0.2
"""How much of the rate a process takes ahead."""
MOST_SECONDS = 1.0
"""How much of the rate a process takes at most, for callers that wait together."""
STALE_SECONDS = 1.0
"""After so long a turn that nobody took is lost, lest they add up to a burst."""
LONGEST_WAIT_SECONDS = 60.0
"""A caller keeps its place in the line for as long as this."""
ALONE_SECONDS = 30.0
"""How long a process keeps the rate by itself where the table cannot be reached."""


class Turns(Protocol):
    """Where turns are given out."""

    def reserve(self, count: int, *, now: float, interval: float, until: float) -> float | None:
        """Take turns in a row; gives the moment of the first.

        Gives None, and takes nothing, where that would be after `until`.
        """


class TableTurns:
    """Turns that all instances share, in a row of a table that is made on first use."""

    def __init__(self, service: TableServiceClient, table: str, row: str) -> None:
        self._table: TableClient = service.get_table_client(str(table))
        self._row = row

    def reserve(self, count: int, *, now: float, interval: float, until: float) -> float | None:
        """Move the row on, however many others do so at the same time."""
        with translated(STORAGE):
            for attempt in range(WRITE_ATTEMPTS):
                found = self._find()
                start = max(now, float(found["free"]) if found else now)
                if start > until:
                    return None
                with suppress(ResourceExistsError, ResourceModifiedError):
                    self._write(found, start + count * interval)
                    return start
                time.sleep(CONFLICT_SECONDS * attempt)
        raise TransientError("STORAGE_UNAVAILABLE", "The row of a limit is written too often.")

    def _find(self) -> TableEntity | None:
        try:
            return self._table.get_entity(PARTITION, self._row)
        except ResourceNotFoundError:
            return None

    def _write(self, found: TableEntity | None, free: float) -> None:
        row: dict[str, Any] = {"PartitionKey": PARTITION, "RowKey": self._row, "free": free}
        if found is not None:
            self._table.update_entity(
                row,
                mode=UpdateMode.REPLACE,
                etag=found.metadata["etag"],
                match_condition=MatchConditions.IfNotModified,
            )
            return
        try:
            self._table.create_entity(row)
        except ResourceNotFoundError:
            with suppress(ResourceExistsError):
                self._table.create_table()
            self._table.create_entity(row)


class LocalTurns:
    """Turns of this process alone."""

    def __init__(self) -> None:
        self._free = 0.0
        self._lock = Lock()

    def reserve(self, count: int, *, now: float, interval: float, until: float) -> float | None:
        """Take turns in a row."""
        with self._lock:
            start = max(now, self._free)
            if start > until:
                return None
            self._free = start + count * interval
            return start


class SharedRateLimiter:
    """Lets callers through at a rate, in the order in which they got their turns.

    Callers wait here, up to a minute, and not in the orchestration: a place in the line is kept,
    no try of a step is used up by it, and it leaves no trace in a history. Where the table cannot
    be reached this process keeps the rate by itself for a while: reading goes on, and the service
    itself still throttles what is too much.
    """

    def __init__(
        self,
        turns: Turns,
        per_second: float,
        *,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._turns = turns
        self._alone = LocalTurns()
        self._alone_until = 0.0
        self._per_second = per_second
        self._interval = 1 / per_second
        self._now = now
        self._sleep = sleep
        self._asking = 0
        self._taken: deque[float] = deque()
        self._counting, self._taking = Lock(), Lock()

    def wait_for_turn(self) -> None:
        """Wait until a call may be made."""
        pause = self._next_turn() - self._now()
        if pause > 0:
            self._sleep(pause)

    def _next_turn(self) -> float:
        with self._counting:
            self._asking += 1
        try:
            with self._taking:
                while self._taken and self._taken[0] < self._now() - STALE_SECONDS:
                    self._taken.popleft()
                if not self._taken:
                    self._take()
                return self._taken.popleft()
        finally:
            with self._counting:
                self._asking -= 1

    def _take(self) -> None:
        """Take turns for all who ask just now, and a few ahead."""
        count = max(self._asking, ceil(AHEAD_SECONDS * self._per_second))
        count = min(count, ceil(MOST_SECONDS * self._per_second))
        start = self._reserve(count)
        if start is None:
            raise TransientError(
                "OCR_RATE_LIMITED",
                "Too many pages wait for their turn (OCR_REQUESTS_PER_SECOND).",
                retry_after_seconds=LONGEST_WAIT_SECONDS,
            )
        self._taken.extend(start + turn * self._interval for turn in range(count))

    def _reserve(self, count: int) -> float | None:
        now = self._now()
        until = now + LONGEST_WAIT_SECONDS
        if now >= self._alone_until:
            try:
                return self._turns.reserve(count, now=now, interval=self._interval, until=until)
            except DocflowError as error:
                log_event("rate_not_shared", level=WARNING, code=error.code)
                self._alone_until = now + ALONE_SECONDS
        return self._alone.reserve(count, now=now, interval=self._interval, until=until)
