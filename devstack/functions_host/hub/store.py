# ruff: noqa: S608 - the composed statements hold constants of this module only
"""The task hub in one SQLite file: instances, histories, control messages, work, blob receipts.

Every method that changes something is one transaction, so a kill at any moment leaves either all
of an episode or nothing of it.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from devstack.functions_host.engine.episode import Episode, Instance
from devstack.functions_host.engine.events import (
    Kind,
    Line,
    Message,
    Work,
    compact,
    parse_stamp,
    stamp,
)
from devstack.functions_host.hub.client import InstanceFilter

#: Raise this whenever the tables change; a file of another number is refused.
SCHEMA_VERSION = 1

#: Histories kept in memory, so that an episode need not read and parse its past again.
CACHED_INSTANCES = 256

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


class StaleInstanceError(Exception):
    """The instance was replaced while its episode ran; the episode is to be repeated."""


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A control message with its place in the queue."""

    id: int
    message: Message


class Store:
    """The one owner of a state file."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._guard = _lock_file(path)
        self._cache: OrderedDict[str, Instance] = OrderedDict()
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
        """Let go of the file."""
        with self._lock:
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
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                self._cache.clear()
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _read(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(sql, parameters).fetchall()

    # Instances

    def instance(self, instance_id: str, *, history: bool = True) -> Instance | None:
        """Return an instance, with its history unless that is not asked for."""
        with self._lock:
            cached = self._cache.get(instance_id)
            if cached is not None:
                self._cache.move_to_end(instance_id)
                return cached
            rows = self._read(f"{_SELECT} WHERE instance_id = ?", instance_id)
            if not rows:
                return None
            found = _instance(rows[0])
            if not history:
                return found
            texts = self._read(
                "SELECT event FROM history WHERE instance_id = ? ORDER BY position", instance_id
            )
            found = replace(found, history=tuple(Line.read(text) for (text,) in texts))
            self._remember(found)
            return found

    def _remember(self, instance: Instance) -> None:
        if instance.ended:
            self._cache.pop(instance.instance_id, None)
            return
        self._cache[instance.instance_id] = instance
        self._cache.move_to_end(instance.instance_id)
        while len(self._cache) > CACHED_INSTANCES:
            self._cache.popitem(last=False)

    def query(
        self, wanted: InstanceFilter, *, limit: int, after: str | None = None
    ) -> list[Instance]:
        """Return instances in the order of their ids, without their histories."""
        clauses, values = _where(wanted)
        if after is not None:
            clauses.append("instance_id > ?")
            values.append(after)
        condition = f" WHERE {' AND '.join(clauses)}" if clauses else ""
        rows = self._read(f"{_SELECT}{condition} ORDER BY instance_id LIMIT ?", *values, limit)
        return [_instance(row) for row in rows]

    def put_instance(self, instance: Instance, messages: Iterable[Message], now: datetime) -> None:
        """Create or replace an instance and enqueue messages for it."""
        with self._transaction() as db:
            self._cache.pop(instance.instance_id, None)
            db.execute("DELETE FROM history WHERE instance_id = ?", (instance.instance_id,))
            _write_instance(db, instance)
            _write_lines(db, instance.instance_id, 0, instance.history)
            _write_messages(db, messages, now)

    def purge(self, instance_ids: Sequence[str]) -> int:
        """Delete instances with all that belongs to them; return how many there were."""
        with self._transaction() as db:
            deleted = 0
            for instance_id in instance_ids:
                self._cache.pop(instance_id, None)
                gone = db.execute("DELETE FROM instances WHERE instance_id = ?", (instance_id,))
                deleted += gone.rowcount
                db.execute("DELETE FROM history WHERE instance_id = ?", (instance_id,))
                db.execute("DELETE FROM messages WHERE instance_id = ?", (instance_id,))
            return deleted

    def matching_ids(self, wanted: InstanceFilter) -> list[str]:
        """Return the ids of all instances that pass the filter."""
        clauses, values = _where(wanted)
        condition = f" WHERE {' AND '.join(clauses)}" if clauses else ""
        rows = self._read(f"SELECT instance_id FROM instances{condition}", *values)
        return [row[0] for row in rows]

    # Control messages and episodes

    def enqueue(self, messages: Iterable[Message], now: datetime) -> None:
        """Put messages into the control queue."""
        with self._transaction() as db:
            _write_messages(db, messages, now)

    def waiting(self) -> list[tuple[str, datetime]]:
        """Return who has messages, and from when on."""
        rows = self._read("SELECT instance_id, min(due) FROM messages GROUP BY instance_id")
        return [(instance_id, parse_stamp(due)) for instance_id, due in rows]

    def next_due(self, instance_id: str) -> datetime | None:
        """Return when the next deliverable message of an instance is due."""
        rows = self._read(
            f"SELECT min(due) FROM messages WHERE {_DELIVERABLE}", instance_id, instance_id
        )
        due = rows[0][0]
        return None if due is None else parse_stamp(due)

    def due_messages(self, instance_id: str, now: datetime, limit: int) -> list[StoredMessage]:
        """Return the oldest messages that may be delivered now."""
        rows = self._read(
            "SELECT id, execution_id, event FROM messages "
            f"WHERE {_DELIVERABLE} AND due <= ? ORDER BY due, id LIMIT ?",
            instance_id,
            instance_id,
            _sortable(now),
            limit,
        )
        return [
            StoredMessage(number, Message(instance_id, execution_id, json.loads(text)))
            for number, execution_id, text in rows
        ]

    def commit_episode(
        self, before: Instance | None, episode: Episode, done: Sequence[int], now: datetime
    ) -> list[int]:
        """Store an episode and remove the messages it consumed; return the ids of new work.

        Raises:
            StaleInstanceError: Somebody replaced the instance in the meantime.
        """
        with self._lock, self._transaction() as db:
            db.executemany("DELETE FROM messages WHERE id = ?", [(number,) for number in done])
            after = episode.instance
            if after is None or not episode.changed:
                return []
            _check_same(db, after.instance_id, before)
            kept = len(before.history) if before is not None else 0
            if episode.replaces_history:
                db.execute("DELETE FROM history WHERE instance_id = ?", (after.instance_id,))
                kept = 0
            _write_instance(db, after)
            _write_lines(db, after.instance_id, kept, episode.appended)
            _write_messages(db, episode.messages, now)
            numbers = _write_work(db, episode.work)
            self._remember(after)
        return numbers

    # Work items

    def work_ids(self) -> list[int]:
        """Return the ids of all unfinished work, oldest first."""
        return [row[0] for row in self._read("SELECT id FROM work ORDER BY id")]

    def work(self, number: int) -> Work | None:
        """Return one work item."""
        rows = self._read(
            "SELECT instance_id, execution_id, task_id, name, input FROM work WHERE id = ?", number
        )
        return Work(*rows[0]) if rows else None

    def finish_work(self, number: int, message: Message, now: datetime) -> None:
        """Exchange a work item for the message with its result."""
        with self._transaction() as db:
            db.execute("DELETE FROM work WHERE id = ?", (number,))
            _write_messages(db, [message], now)

    # Blob trigger

    def receive_blob(self, function: str, key: tuple[str, str, str], body: str) -> int | None:
        """Enqueue a blob once per function and ETag; return the message id, None if seen before."""
        with self._transaction() as db:
            made = db.execute(
                "INSERT OR IGNORE INTO blob_receipts VALUES (?, ?, ?, ?)", (function, *key)
            )
            return _insert_blob(db, function, body) if made.rowcount else None

    def enqueue_blob(self, function: str, body: str) -> int:
        """Enqueue a blob without a receipt (an Event Grid event, an administrator's call)."""
        with self._transaction() as db:
            return _insert_blob(db, function, body)

    def blob_ids(self) -> list[int]:
        """Return the ids of blob messages that are not finished, oldest first."""
        return [row[0] for row in self._read("SELECT id FROM blob_messages ORDER BY id")]

    def blob_message(self, number: int) -> tuple[str, str]:
        """Return the function and the body of a blob message."""
        rows = self._read("SELECT function, body FROM blob_messages WHERE id = ?", number)
        return str(rows[0][0]), str(rows[0][1])

    def count_blob_try(self, number: int) -> int:
        """Count one more try of a blob message; return how many that makes."""
        with self._transaction() as db:
            db.execute("UPDATE blob_messages SET tries = tries + 1 WHERE id = ?", (number,))
            row = db.execute("SELECT tries FROM blob_messages WHERE id = ?", (number,)).fetchone()
        return int(row[0])

    def finish_blob(self, number: int) -> None:
        """Remove a blob message."""
        with self._transaction() as db:
            db.execute("DELETE FROM blob_messages WHERE id = ?", (number,))

    # Timer trigger

    def last_timer_run(self, function: str) -> datetime | None:
        """Return when a timer function last ran."""
        rows = self._read("SELECT last FROM timers WHERE function = ?", function)
        return parse_stamp(rows[0][0]) if rows else None

    def note_timer_run(self, function: str, at: datetime) -> None:
        """Remember when a timer function ran."""
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO timers VALUES (?, ?)", (function, stamp(at)))


_COLUMNS = (
    "instance_id, execution_id, name, version, status, created, updated, input, output, "
    "custom_status, parent"
)
_SELECT = f"SELECT {_COLUMNS} FROM instances"
_DELIVERABLE = (
    "instance_id = ? AND (kind IN "
    f"({int(Kind.EXECUTION_RESUMED)}, {int(Kind.EXECUTION_TERMINATED)}, "
    f"{int(Kind.EXECUTION_STARTED)}) OR NOT EXISTS "
    "(SELECT 1 FROM instances WHERE instance_id = ? AND status = 'Suspended'))"
)


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


def _sortable(moment: datetime) -> str:
    """Write a time so that texts sort as times do."""
    return stamp(moment.replace(microsecond=0))[:-1] + f".{moment.microsecond:06d}Z"


def _instance(row: tuple[Any, ...]) -> Instance:
    parent = row[10]
    return Instance(
        instance_id=row[0],
        execution_id=row[1],
        name=row[2],
        version=row[3],
        status=row[4],
        created=parse_stamp(row[5]),
        updated=parse_stamp(row[6]),
        input=row[7],
        output=row[8],
        custom_status=row[9],
        parent=None if parent is None else json.loads(parent),
    )


def _check_same(db: sqlite3.Connection, instance_id: str, before: Instance | None) -> None:
    row = db.execute(
        "SELECT execution_id FROM instances WHERE instance_id = ?", (instance_id,)
    ).fetchone()
    found = row[0] if row else None
    if found != (before.execution_id if before else None):
        raise StaleInstanceError(instance_id)


def _write_instance(db: sqlite3.Connection, instance: Instance) -> None:
    db.execute(
        f"INSERT OR REPLACE INTO instances ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
        (
            instance.instance_id,
            instance.execution_id,
            instance.name,
            instance.version,
            instance.status,
            _sortable(instance.created),
            _sortable(instance.updated),
            instance.input,
            instance.output,
            instance.custom_status,
            None if instance.parent is None else compact(instance.parent),
        ),
    )


def _write_lines(
    db: sqlite3.Connection, instance_id: str, start: int, lines: Sequence[Line]
) -> None:
    db.executemany(
        "INSERT INTO history VALUES (?, ?, ?)",
        [(instance_id, start + offset, line.text) for offset, line in enumerate(lines)],
    )


def _write_messages(db: sqlite3.Connection, messages: Iterable[Message], now: datetime) -> None:
    db.executemany(
        "INSERT INTO messages (instance_id, execution_id, kind, event, due) VALUES (?,?,?,?,?)",
        [
            (
                message.instance_id,
                message.execution_id,
                message.event["EventType"],
                compact(message.event),
                _sortable(message.due or now),
            )
            for message in messages
        ],
    )


def _write_work(db: sqlite3.Connection, items: Sequence[Work]) -> list[int]:
    numbers = []
    for item in items:
        made = db.execute(
            "INSERT INTO work (instance_id, execution_id, task_id, name, input) VALUES (?,?,?,?,?)",
            (item.instance_id, item.execution_id, item.task_id, item.name, item.input),
        )
        assert made.lastrowid is not None
        numbers.append(made.lastrowid)
    return numbers


def _insert_blob(db: sqlite3.Connection, function: str, body: str) -> int:
    made = db.execute("INSERT INTO blob_messages (function, body) VALUES (?, ?)", (function, body))
    assert made.lastrowid is not None
    return made.lastrowid


def _where(wanted: InstanceFilter) -> tuple[list[str], list[object]]:
    clauses: list[str] = []
    values: list[object] = []
    if wanted.created_from is not None:
        clauses.append("created >= ?")
        values.append(_sortable(wanted.created_from))
    if wanted.created_to is not None:
        clauses.append("created <= ?")
        values.append(_sortable(wanted.created_to))
    if wanted.statuses:
        clauses.append(f"status IN ({','.join('?' * len(wanted.statuses))})")
        values.extend(sorted(wanted.statuses))
    if wanted.prefix:
        clauses.append("substr(instance_id, 1, ?) = ?")
        values.extend([len(wanted.prefix), wanted.prefix])
    return clauses, values
