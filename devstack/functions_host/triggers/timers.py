"""Timer triggers: six-field NCRONTAB schedules (seconds first) or time spans."""

from __future__ import annotations

import logging
import os
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from croniter import croniter

from devstack.functions_host.app.indexing import Function
from devstack.functions_host.app.invocation import (
    FunctionFailedError,
    Invoker,
    json_value,
)
from devstack.functions_host.engine.events import stamp
from devstack.functions_host.hub.live import sleep_until
from devstack.functions_host.hub.trigger_state import TimerRuns
from devstack.functions_host.settings import disabled, resolve

log = logging.getLogger(__name__)

#: Schedules with shorter gaps are not monitored, as in the real host.
_MONITORED_FROM = timedelta(minutes=1)


class ScheduleError(Exception):
    """A schedule cannot be understood."""


class Schedule:
    """Tells when a timer fires next."""

    def __init__(self, text: str) -> None:
        self.text = text
        span = re.fullmatch(r"(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})", text)
        self._span: timedelta | None = None
        self._zone: ZoneInfo | None = None
        if span:
            days, hours, minutes, seconds = (int(part or 0) for part in span.groups())
            self._span = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
            return
        fields = text.split()
        if len(fields) == 5:
            fields = ["0", *fields]
        self._cron = " ".join(fields)
        if len(fields) != 6 or not croniter.is_valid(self._cron, second_at_beginning=True):
            raise ScheduleError(
                f"The schedule expression {text!r} was not recognized as a valid cron expression "
                "or timespan string."
            )
        zone = os.environ.get("WEBSITE_TIME_ZONE", "")
        self._zone = ZoneInfo(zone) if zone else None

    def after(self, moment: datetime) -> datetime:
        """Return the next occurrence after a moment."""
        if self._span is not None:
            return moment + self._span
        start = moment.astimezone(self._zone) if self._zone else moment
        found: datetime = croniter(self._cron, start, second_at_beginning=True).get_next(datetime)
        return found.astimezone(UTC)


class TimerTrigger:
    """Runs one timer function by its schedule."""

    def __init__(self, function: Function, invoker: Invoker, runs: TimerRuns) -> None:
        settings = function.trigger.settings
        self.schedule = Schedule(resolve(settings["schedule"], os.environ))
        self._function = function
        self._invoker = invoker
        self._runs = runs
        self._on_startup = bool(settings.get("runOnStartup"))
        gap = self.schedule.after(self.schedule.after(_now())) - self.schedule.after(_now())
        self._monitored = settings.get("useMonitor", True) and gap >= _MONITORED_FROM

    async def run(self) -> None:
        """Fire for ever; a run that was missed while the host was down fires once, past due."""
        last = self._runs.last(self._function.name) if self._monitored else None
        now = _now()
        if last is not None and self.schedule.after(last) < now:
            await self.fire(past_due=True, last=last)
        elif self._on_startup:
            await self.fire(past_due=False, last=last)
        while True:
            due = self.schedule.after(_now())
            await sleep_until(due)
            await self.fire(past_due=False, last=last)
            last = due

    async def fire(self, *, past_due: bool, last: datetime | None) -> None:
        """Call the function once."""
        if disabled(self._function.name):
            return
        now = _now()
        content = {
            "Schedule": {"AdjustForDST": True},
            "ScheduleStatus": {
                "Last": stamp(last or now),
                "Next": stamp(self.schedule.after(now)),
                "LastUpdated": stamp(last or now),
            },
            "IsPastDue": past_due,
        }
        try:
            reason = f"Timer fired at {now.isoformat()}"
            await self._invoker.invoke(self._function, json_value(content), reason=reason)
        except FunctionFailedError:
            log.info("Timer function %s goes on with its schedule", self._function.name)
        if self._monitored:
            self._runs.note(self._function.name, now)


def _now() -> datetime:
    return datetime.now(UTC)
