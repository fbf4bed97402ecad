"""A rate limit shared by all instances of the app: permits, issued from one row of a table.

The row holds the time from which permits are free (the generic cell rate algorithm, without
bursts). A process that needs permits moves this time forward, guarded by the ETag of the row, and
owns the permits in between. It takes a few in advance, so that most permits cost no request. The
clocks of the instances must agree: one that is fast makes the others wait.
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
from docflow.errors import DocflowError, ErrorCode, TransientError
from docflow.telemetry import log_event

PARTITION = "rate"
WRITE_ATTEMPTS = 20
CONFLICT_SECONDS = 0.01
"""Pause after the first conflict; each further pause is longer by this."""
AHEAD_SECONDS = 0.2
"""Permits that a process takes in advance, as seconds of the rate."""
MOST_SECONDS = 1.0
"""Most permits that a process takes at once, as seconds of the rate."""
STALE_SECONDS = 1.0
"""Age after which an unused permit expires, so that unused permits do not add up to a burst."""
LONGEST_WAIT_SECONDS = 60.0
"""Timeout of a caller that waits for a permit."""
ALONE_SECONDS = 30.0
"""How long a process uses a limit of its own after the table could not be reached."""


class Permits(Protocol):
    """Issues permits."""

    def reserve(self, count: int, *, now: float, interval: float, until: float) -> float | None:
        """Take consecutive permits, and return the time of the first.

        Args:
            count: how many permits to take.
            now: the present time, in seconds since 1970.
            interval: seconds from one permit to the next.
            until: latest time for the first one; after that none is taken, and None returned.
        """


class TablePermits:
    """Permits shared by all instances, in a row of a table that is created on first use."""

    def __init__(self, service: TableServiceClient, table: str, row: str) -> None:
        self._table: TableClient = service.get_table_client(str(table))
        self._row = row

    def reserve(self, count: int, *, now: float, interval: float, until: float) -> float | None:
        """Take consecutive permits; concurrent callers get different ones."""
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
        raise TransientError(
            ErrorCode.STORAGE_UNAVAILABLE,
            "Too many processes write the row of a rate limit at the same time; try again later.",
        )

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


class LocalPermits:
    """Permits of this process alone."""

    def __init__(self) -> None:
        self._free = 0.0
        self._lock = Lock()

    def reserve(self, count: int, *, now: float, interval: float, until: float) -> float | None:
        """Take consecutive permits."""
        with self._lock:
            start = max(now, self._free)
            if start > until:
                return None
            self._free = start + count * interval
            return start


class SharedRateLimiter:
    """Limits the rate of calls, in the order in which callers got their permits.

    Callers wait here, up to a minute, not in the orchestration: so they keep their position, use up
    no attempt of a step, and add nothing to a history. Where the table cannot be reached, this
    process uses a limit of its own for a while: reading goes on, and the service still throttles
    what is too much.
    """

    def __init__(
        self,
        permits: Permits,
        per_second: float,
        *,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._shared = permits
        self._alone = LocalPermits()
        self._alone_until = 0.0
        self._per_second = per_second
        self._interval = 1 / per_second
        self._now = now
        self._sleep = sleep
        self._callers = 0
        self._taken: deque[float] = deque()
        self._counting, self._taking = Lock(), Lock()

    def wait_for_permit(self) -> None:
        """Wait until a call is permitted."""
        pause = self._next_permit() - self._now()
        if pause > 0:
            self._sleep(pause)

    def _next_permit(self) -> float:
        with self._counting:
            self._callers += 1
        try:
            with self._taking:
                while self._taken and self._taken[0] < self._now() - STALE_SECONDS:
                    self._taken.popleft()
                if not self._taken:
                    self._take()
                return self._taken.popleft()
        finally:
            with self._counting:
                self._callers -= 1

    def _take(self) -> None:
        """Take permits for all callers that wait just now, and a few in advance."""
        count = max(self._callers, ceil(AHEAD_SECONDS * self._per_second))
        count = min(count, ceil(MOST_SECONDS * self._per_second))
        start = self._reserve(count)
        if start is None:
            raise TransientError(
                ErrorCode.OCR_RATE_LIMITED,
                "More pages wait for OCR than OCR_REQUESTS_PER_SECOND permits; try again later.",
                retry_after_seconds=LONGEST_WAIT_SECONDS,
            )
        self._taken.extend(start + number * self._interval for number in range(count))

    def _reserve(self, count: int) -> float | None:
        now = self._now()
        until = now + LONGEST_WAIT_SECONDS
        if now >= self._alone_until:
            try:
                return self._shared.reserve(count, now=now, interval=self._interval, until=until)
            except DocflowError as error:
                log_event("rate_not_shared", level=WARNING, code=error.code)
                self._alone_until = now + ALONE_SECONDS
        return self._alone.reserve(count, now=now, interval=self._interval, until=until)
