# ruff: noqa: S608 - the composed statements hold constants of this module only
"""What this host has taken from the queues of the state file, and what a killed one left hidden.

``taken_until`` is for the host that runs; a kill leaves it behind, and the next host turns it into
``hidden_until``, which the queues obey. Without times nothing is noted and nothing waits.
"""

from __future__ import annotations

from datetime import datetime

from devstack.functions_host.engine.events import parse_stamp
from devstack.functions_host.hub.recovery import RecoveryTimes
from devstack.functions_host.hub.state_file import StateFile, sortable

_TABLES = ("messages", "work", "blob_messages")
_HIDE_TAKEN = (
    "UPDATE {table} SET hidden_until = taken_until, taken_until = NULL "
    "WHERE taken_until IS NOT NULL"
)
_SHOW_ALL = (
    "UPDATE {table} SET hidden_until = NULL, taken_until = NULL "
    "WHERE hidden_until IS NOT NULL OR taken_until IS NOT NULL"
)


class Holds:
    """The messages that this host holds, and those that it has to wait for.

    Args:
        file: The state file.
        times: How long things stay hidden; None to go on at once after a kill.
    """

    def __init__(self, file: StateFile, times: RecoveryTimes | None) -> None:
        self.times = times
        self._file = file
        self._leases_free: datetime | None = None
        self._leased = False

    def begin(self, now: datetime) -> datetime:
        """Take over the state that the host before left.

        Args:
            now: The time of the start.

        Returns:
            From when on orchestrations may run: now, or when the leases of a killed host end.
        """
        change = _SHOW_ALL if self.times is None else _HIDE_TAKEN
        with self._file.transaction() as db:
            for table in _TABLES:
                db.execute(change.format(table=table))
            if self.times is None:
                db.execute("DELETE FROM leases")
            row = db.execute("SELECT max(until) FROM leases").fetchone()
        self._leases_free = now if row[0] is None else max(now, parse_stamp(row[0]))
        return self._leases_free

    def take_messages(self, instance_id: str, now: datetime) -> None:
        """Hold the messages of an instance that may be delivered now."""
        if self.times is None:
            return
        with self._file.transaction() as db:
            db.execute(
                "UPDATE messages SET taken_until = ?, hidden_until = NULL WHERE instance_id = ? "
                "AND taken_until IS NULL AND due <= ? AND coalesce(hidden_until, '') <= ?",
                (sortable(self.times.control.until(now)), instance_id, *[sortable(now)] * 2),
            )

    def give_back_messages(self, instance_id: str) -> None:
        """Hold the messages of an instance no longer: its episode could not run."""
        if self.times is None:
            return
        with self._file.transaction() as db:
            db.execute(
                "UPDATE messages SET taken_until = NULL WHERE instance_id = ?", (instance_id,)
            )

    def take_work(self, number: int, now: datetime) -> None:
        """Hold a work item."""
        if self.times is not None:
            self._take("work", number, self.times.work.until(now))

    def take_blob(self, number: int, now: datetime) -> None:
        """Hold a blob message."""
        if self.times is not None:
            self._take("blob_messages", number, self.times.blobs.until(now))

    def _take(self, table: str, number: int, until: datetime) -> None:
        with self._file.transaction() as db:
            db.execute(
                f"UPDATE {table} SET taken_until = ?, hidden_until = NULL WHERE id = ?",
                (sortable(until), number),
            )

    def renew(self, now: datetime) -> None:
        """Hold on to what this host works on, and to the leases once they are free."""
        times = self.times
        if times is None:
            return
        rules = zip(_TABLES, (times.control, times.work, times.blobs), strict=True)
        with self._file.transaction() as db:
            for table, rule in rules:
                db.execute(
                    f"UPDATE {table} SET taken_until = ? WHERE taken_until <= ?",
                    (sortable(rule.until(now)), sortable(now + rule.margin)),
                )
            if self._leases_free is not None and now >= self._leases_free:
                db.execute("DELETE FROM leases")
                db.execute("INSERT INTO leases VALUES (?)", (sortable(now + times.lease),))
                self._leased = True

    def release(self) -> None:
        """Let go of everything, at an orderly stop; what a killed host left stays hidden."""
        with self._file.transaction() as db:
            for table in _TABLES:
                db.execute(f"UPDATE {table} SET taken_until = NULL WHERE taken_until IS NOT NULL")
            if self._leased:
                db.execute("DELETE FROM leases")
                self._leased = False
        self.times = None  # Calls still arrive while the host stops; nothing is taken any more.
