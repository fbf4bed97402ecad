"""The state file: one SQLite database that one host at a time may use."""

from __future__ import annotations

import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from devstack.functions_host.engine.events import stamp

#: Raise this whenever the tables change; a file of a number without an upgrade is refused.
SCHEMA_VERSION = 2

_SCHEMA = """
CREATE TABLE instances (
    instance_id TEXT PRIMARY KEY, execution_id TEXT NOT NULL, name TEXT NOT NULL,
    version TEXT NOT NULL, status TEXT NOT NULL, created TEXT NOT NULL, updated TEXT NOT NULL,
    input TEXT, output TEXT, custom_status TEXT, parent TEXT);
CREATE INDEX instances_by_created ON instances (created);
CREATE TABLE history (
    instance_id TEXT NOT NULL, position INTEGER NOT NULL, event TEXT NOT NULL,
    PRIMARY KEY (instance_id, position)) WITHOUT ROWID;
CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, instance_id TEXT NOT NULL, execution_id TEXT,
    kind INTEGER NOT NULL, event TEXT NOT NULL, due TEXT NOT NULL,
    taken_until TEXT, hidden_until TEXT);
CREATE INDEX messages_by_instance ON messages (instance_id, due, id);
CREATE TABLE work (
    id INTEGER PRIMARY KEY AUTOINCREMENT, instance_id TEXT NOT NULL, execution_id TEXT NOT NULL,
    task_id INTEGER NOT NULL, name TEXT NOT NULL, input TEXT,
    taken_until TEXT, hidden_until TEXT);
CREATE TABLE blob_receipts (
    function TEXT NOT NULL, container TEXT NOT NULL, blob TEXT NOT NULL, etag TEXT NOT NULL,
    PRIMARY KEY (function, container, blob, etag)) WITHOUT ROWID;
CREATE TABLE blob_messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, function TEXT NOT NULL, body TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0, taken_until TEXT, hidden_until TEXT);
CREATE TABLE timers (function TEXT PRIMARY KEY, last TEXT NOT NULL);
CREATE TABLE leases (until TEXT NOT NULL);
"""

#: What makes the tables of the version after a version.
_UPGRADES = {
    1: """
ALTER TABLE messages ADD COLUMN taken_until TEXT;
ALTER TABLE messages ADD COLUMN hidden_until TEXT;
ALTER TABLE work ADD COLUMN taken_until TEXT;
ALTER TABLE work ADD COLUMN hidden_until TEXT;
ALTER TABLE blob_messages ADD COLUMN taken_until TEXT;
ALTER TABLE blob_messages ADD COLUMN hidden_until TEXT;
CREATE TABLE leases (until TEXT NOT NULL);
"""
}


class StoreError(Exception):
    """The state file cannot be used; the message says what to do."""


class StateFile:
    """An open state file; each transaction is stored as a whole or not at all."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.lock = threading.RLock()
        self._guard = _lock_file(path)
        try:
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._prepare(path)
        except sqlite3.DatabaseError as error:
            self._guard.close()
            raise StoreError(
                f"The state file {path} cannot be read ({error}). Delete it to start afresh."
            ) from error
        except StoreError:
            self._guard.close()
            raise

    def close(self) -> None:
        """Close the file."""
        with self.lock:
            self._db.close()
            self._guard.close()

    def _prepare(self, path: Path) -> None:
        found = self._db.execute("PRAGMA user_version").fetchone()[0]
        if found == SCHEMA_VERSION:
            return
        if found in _UPGRADES:
            self._change(_UPGRADES[found], found + 1)
            self._prepare(path)
            return
        tables = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if found or tables:
            raise StoreError(
                f"The state file {path} has format {found}, this host writes format "
                f"{SCHEMA_VERSION}. Delete the file (all instances are lost) or pass another "
                "one with --state."
            )
        self._change(_SCHEMA, SCHEMA_VERSION)

    def _change(self, statements: str, version: int) -> None:
        """Change the tables and note their version, in one transaction."""
        self._db.executescript(f"BEGIN; {statements} PRAGMA user_version = {version}; COMMIT;")

    @contextmanager
    def transaction(
        self, on_failure: Callable[[], None] = lambda: None
    ) -> Iterator[sqlite3.Connection]:
        """Open a transaction; where it fails, nothing of it is stored and the caller is told."""
        with self.lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                on_failure()
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def read(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with self.lock:
            return self._db.execute(sql, parameters).fetchall()


def sortable(moment: datetime) -> str:
    """Write a time so that texts sort as times do."""
    return stamp(moment.replace(microsecond=0))[:-1] + f".{moment.microsecond:06d}Z"


def _lock_file(path: Path) -> IO[str]:
    """Hold a lock beside the state file for as long as the process lives."""
    guard = path.with_name(path.name + ".lock").open("a+", encoding="utf-8")
    try:
        _lock(guard)
    except OSError as error:
        guard.close()
        raise StoreError(
            f"Another host is using the state file {path}. Stop it, or pass another file with "
            "--state."
        ) from error
    return guard


if sys.platform == "win32":

    def _lock(guard: IO[str]) -> None:
        import msvcrt

        guard.seek(0)
        msvcrt.locking(guard.fileno(), msvcrt.LK_NBLCK, 1)

else:

    def _lock(guard: IO[str]) -> None:
        import fcntl

        fcntl.flock(guard.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
