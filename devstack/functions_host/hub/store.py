# ruff: noqa: S608 - the composed statements hold constants of this module only
"""The task hub in the state file: instances, histories, control messages, work.

Every method that changes something is one transaction, so a kill at any moment leaves either all
of an episode or nothing of it.
"""

from __future__ import annotations

import json
import sqlite3
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from devstack.functions_host.engine.events import (
    Line,
    Message,
    Work,
    compact,
    parse_stamp,
)
from devstack.functions_host.engine.instance import Episode, Instance
from devstack.functions_host.hub.client import InstanceFilter
from devstack.functions_host.hub.holds import Holds
from devstack.functions_host.hub.recovery import RecoveryTimes
from devstack.functions_host.hub.state_file import StateFile, sortable
from devstack.functions_host.hub.trigger_state import BlobQueue, TimerRuns

#: Histories kept in memory, so that an episode need not read and parse its past again.
CACHED_INSTANCES = 256


class StaleInstanceError(Exception):
    """The instance was replaced while its episode ran; the episode is to be repeated."""


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A control message with its place in the queue."""

    id: int
    message: Message


class Store:
    """The one owner of a state file.

    Args:
        path: The file, which is made where there is none.
        times: How long what a killed host had taken stays hidden; None for not at all.
    """

    def __init__(self, path: Path, times: RecoveryTimes | None = None) -> None:
        self._file = StateFile(path)
        self._cache: OrderedDict[str, Instance] = OrderedDict()
        self.blobs = BlobQueue(self._file)
        self.timers = TimerRuns(self._file)
        self.holds = Holds(self._file, times)

    def close(self) -> None:
        """Close the state file."""
        self._file.close()

    def _transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        return self._file.transaction(on_failure=self._cache.clear)

    # Instances

    def instance(self, instance_id: str, *, history: bool = True) -> Instance | None:
        """Return an instance, with its history unless that is not asked for."""
        with self._file.lock:
            cached = self._cache.get(instance_id)
            if cached is not None:
                self._cache.move_to_end(instance_id)
                return cached
            rows = self._file.read(f"{_SELECT} WHERE instance_id = ?", instance_id)
            if not rows:
                return None
            found = _instance(rows[0])
            if not history:
                return found
            texts = self._file.read(
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
        self, wanted: InstanceFilter, *, limit: int, first: str | None = None
    ) -> list[Instance]:
        """Return instances in the order of their ids, from `first` on, without their histories."""
        clauses, values = _where(wanted)
        if first is not None:
            clauses.append("instance_id >= ?")
            values.append(first)
        condition = f" WHERE {' AND '.join(clauses)}" if clauses else ""
        rows = self._file.read(f"{_SELECT}{condition} ORDER BY instance_id LIMIT ?", *values, limit)
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
        rows = self._file.read(f"SELECT instance_id FROM instances{condition}", *values)
        return [row[0] for row in rows]

    # Control messages and episodes

    def enqueue(self, messages: Iterable[Message], now: datetime) -> None:
        """Put messages into the control queue."""
        with self._transaction() as db:
            _write_messages(db, messages, now)

    def waiting(self) -> list[tuple[str, datetime]]:
        """Return who has messages, and from when on each of them may be delivered."""
        rows = self._file.read(f"SELECT DISTINCT instance_id, {_VISIBLE} FROM messages")
        return [(instance_id, parse_stamp(due)) for instance_id, due in rows]

    def next_due(self, instance_id: str) -> datetime | None:
        """Return when the next deliverable message of an instance is due."""
        rows = self._file.read(
            f"SELECT min({_VISIBLE}) FROM messages WHERE instance_id = ?", instance_id
        )
        due = rows[0][0]
        return None if due is None else parse_stamp(due)

    def due_messages(self, instance_id: str, now: datetime, limit: int) -> list[StoredMessage]:
        """Return the oldest messages that may be delivered now."""
        rows = self._file.read(
            "SELECT id, execution_id, event FROM messages "
            f"WHERE instance_id = ? AND {_VISIBLE} <= ? ORDER BY due, id LIMIT ?",
            instance_id,
            sortable(now),
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
        with self._file.lock, self._transaction() as db:
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

    def waiting_work(self) -> list[tuple[int, datetime | None]]:
        """Return the ids of all unfinished work, oldest first, and until when it is hidden."""
        rows = self._file.read("SELECT id, hidden_until FROM work ORDER BY id")
        return [(number, None if until is None else parse_stamp(until)) for number, until in rows]

    def work(self, number: int) -> Work | None:
        """Return one work item."""
        rows = self._file.read(
            "SELECT instance_id, execution_id, task_id, name, input FROM work WHERE id = ?", number
        )
        return Work(*rows[0]) if rows else None

    def finish_work(self, number: int, message: Message, now: datetime) -> None:
        """Exchange a work item for the message with its result."""
        with self._transaction() as db:
            db.execute("DELETE FROM work WHERE id = ?", (number,))
            _write_messages(db, [message], now)


_COLUMNS = (
    "instance_id, execution_id, name, version, status, created, updated, input, output, "
    "custom_status, parent"
)
_SELECT = f"SELECT {_COLUMNS} FROM instances"

#: From when on a message may be delivered.
_VISIBLE = "max(due, coalesce(hidden_until, due))"


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
            sortable(instance.created),
            sortable(instance.updated),
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
                sortable(message.due or now),
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


def _where(wanted: InstanceFilter) -> tuple[list[str], list[object]]:
    clauses: list[str] = []
    values: list[object] = []
    if wanted.created_from is not None:
        clauses.append("created >= ?")
        values.append(sortable(wanted.created_from))
    if wanted.created_to is not None:
        clauses.append("created <= ?")
        values.append(sortable(wanted.created_to))
    if wanted.statuses:
        clauses.append(f"status IN ({','.join('?' * len(wanted.statuses))})")
        values.extend(sorted(wanted.statuses))
    if wanted.prefix:
        clauses.append("substr(instance_id, 1, ?) = ?")
        values.extend([len(wanted.prefix), wanted.prefix])
    return clauses, values
