"""How long the work of a killed host stays out of reach, as in Azure: times and their rule.

A message that a host takes from a queue is not deleted but hidden for a while, and hidden anew as
long as the host works on it. Of a host that is killed, the messages come back when that time is
over. Orchestrations belong to partitions besides, whose leases a new host has to wait for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from devstack.functions_host.settings import DEFAULT_VISIBILITY_TIMEOUT, HostSettings


@dataclass(frozen=True, slots=True)
class Visibility:
    """For how long one kind of message is hidden, and when that is renewed."""

    timeout: timedelta
    margin: timedelta
    """With less than this left, the host that works on a message hides it anew."""

    def until(self, taken: datetime) -> datetime:
        """Return until when a message is hidden that was taken, or renewed, at a moment."""
        return taken + self.timeout

    def back_after_kill(self, taken: datetime, killed: datetime) -> datetime:
        """Return when a message is back that a host took and had not finished when it was killed.

        Args:
            taken: When the host took the message.
            killed: When the host was killed.
        """
        renewals = (killed - taken) // (self.timeout - self.margin)
        return self.until(taken + renewals * (self.timeout - self.margin))

    def scaled(self, factor: float) -> Visibility:
        """Return the same with all times multiplied."""
        return Visibility(self.timeout * factor, self.margin * factor)


def durable_visibility(timeout: timedelta) -> Visibility:
    """Return the rule of the Durable extension: renewed half a minute before the end."""
    return Visibility(timeout, min(timedelta(seconds=30), timeout / 2))


_UNLESS_TOLD = durable_visibility(DEFAULT_VISIBILITY_TIMEOUT)


@dataclass(frozen=True, slots=True)
class RecoveryTimes:
    """What a host waits for that starts after a kill."""

    control: Visibility = _UNLESS_TOLD
    """Orchestration messages."""
    work: Visibility = _UNLESS_TOLD
    """Activities."""
    blobs: Visibility = Visibility(timedelta(minutes=10), timedelta(minutes=5))
    """Blob messages, renewed when half of their time is over."""
    lease: timedelta = timedelta(seconds=90)
    """How long after their last renewal the leases of the partitions are free: at the most seen."""
    renewal: timedelta = timedelta(seconds=10)
    """The pause between two renewals of the leases."""

    @classmethod
    def of(cls, settings: HostSettings) -> RecoveryTimes:
        """Return the times that host.json asks for."""
        return cls(
            control=durable_visibility(settings.control_visibility),
            work=durable_visibility(settings.work_visibility),
        )

    def scaled(self, factor: float) -> RecoveryTimes:
        """Return the same with all times multiplied, for tests that cannot wait for minutes."""
        return replace(
            self,
            control=self.control.scaled(factor),
            work=self.work.scaled(factor),
            blobs=self.blobs.scaled(factor),
            lease=self.lease * factor,
            renewal=self.renewal * factor,
        )
