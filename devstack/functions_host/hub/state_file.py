"""The state file: one SQLite database that one host at a time may use."""

from __future__ import annotations

import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

#: Raise this whenever the tables change; a file of another number is refused.
SCHEMA_VERSION = 1

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
    kind INTEGER NOT NULL, event TEXT NOT NULL, due TEXT NOT NULL);
CREATE INDEX messages_by_instance ON messages (instance_id, due, id);
CREATE TABLE work (
    id INTEGER PRIMARY KEY AUTOINCREMENT, instance_id TEXT NOT NULL, execution_id TEXT NOT NULL,
    task_id INTEGER NOT NULL, name TEXT NOT NULL, input TEXT);
CREATE TABLE blob_receipts (
    function TEXT NOT NULL, container TEXT NOT NULL, blob TEXT NOT NULL, etag TEXT NOT NULL,
    PRIMARY KEY (function, container, blob, etag)) WITHOUT ROWID;
CREATE TABLE blob_messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, function TEXT NOT NULL, body TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0);
CREATE TABLE timers (function TEXT PRIMARY KEY, last TEXT NOT NULL);
"""


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
        tables = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if found or tables:
            raise StoreError(
                f"The state file {path} has format {found}, this host writes format "
                f"{SCHEMA_VERSION}. Delete the file (all instances are lost) or pass another "
                "one with --state."
            )
        script = f"BEGIN; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
        self._db.executescript(script)

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
