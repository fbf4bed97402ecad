"""What the triggers keep in the state file: blobs to process with their receipts, timer runs."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from devstack.functions_host.engine.events import parse_stamp, stamp
from devstack.functions_host.hub.state_file import StateFile


class BlobQueue:
    """The blobs that wait for their functions, each received once per function and ETag."""

    def __init__(self, file: StateFile) -> None:
        self._file = file

    def receive(self, function: str, key: tuple[str, str, str], body: str) -> int | None:
        """Enqueue a blob once per function and ETag; return the message id, None if seen before."""
        with self._file.transaction() as db:
            made = db.execute(
                "INSERT OR IGNORE INTO blob_receipts VALUES (?, ?, ?, ?)", (function, *key)
            )
            return _insert(db, function, body) if made.rowcount else None

    def enqueue(self, function: str, body: str) -> int:
        """Enqueue a blob without a receipt (an Event Grid event, an administrator's call)."""
        with self._file.transaction() as db:
            return _insert(db, function, body)

    def waiting(self) -> list[tuple[int, datetime | None]]:
        """Return the ids of unfinished blob messages, oldest first, and until when each is hidden.

        What is hidden was taken by a host that was killed.
        """
        rows = self._file.read("SELECT id, hidden_until FROM blob_messages ORDER BY id")
        return [(number, None if until is None else parse_stamp(until)) for number, until in rows]

    def message(self, number: int) -> tuple[str, str]:
        """Return the function and the body of a blob message."""
        rows = self._file.read("SELECT function, body FROM blob_messages WHERE id = ?", number)
        return str(rows[0][0]), str(rows[0][1])

    def count_try(self, number: int) -> int:
        """Count one more try of a blob message; return how many that makes."""
        with self._file.transaction() as db:
            db.execute("UPDATE blob_messages SET tries = tries + 1 WHERE id = ?", (number,))
            row = db.execute("SELECT tries FROM blob_messages WHERE id = ?", (number,)).fetchone()
        return int(row[0])

    def finish(self, number: int) -> None:
        """Remove a blob message."""
        with self._file.transaction() as db:
            db.execute("DELETE FROM blob_messages WHERE id = ?", (number,))


class TimerRuns:
    """When each timer function last ran."""

    def __init__(self, file: StateFile) -> None:
        self._file = file

    def last(self, function: str) -> datetime | None:
        """Return when a timer function last ran."""
        rows = self._file.read("SELECT last FROM timers WHERE function = ?", function)
        return parse_stamp(rows[0][0]) if rows else None

    def note(self, function: str, at: datetime) -> None:
        """Remember when a timer function ran."""
        with self._file.transaction() as db:
            db.execute("INSERT OR REPLACE INTO timers VALUES (?, ?)", (function, stamp(at)))


def _insert(db: sqlite3.Connection, function: str, body: str) -> int:
    made = db.execute("INSERT INTO blob_messages (function, body) VALUES (?, ?)", (function, body))
    assert made.lastrowid is not None
    return made.lastrowid
