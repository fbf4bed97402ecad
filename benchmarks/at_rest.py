"""What docflow asks of the storage account while it has nothing to do, and what that costs.

Each engine runs one document, comes to rest, and is left alone: the Durable extension looks into
its queues, less and less often, and renews its leases; the trigger lists `incoming`; upkeep looks
for what was overlooked every minute. All requests that Azurite logged count, those of the Functions
host included. On the stand-in host the task hub is a file, so there they are those of the app and
of the trigger alone, which looks several times a second; they say nothing of what Azure would ask.

The rows of the real host differ in two things. As docflow's `host.json` says, messages that a
worker has taken are hidden from others for a minute; by default it would be five. And uploads are
found by listing `incoming`, or told by Event Grid, as in Azure.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.measuring import USUAL, Extent, Measured, Row, Scenario
from benchmarks.storage_log import Operations, StorageLog, operations
from devstack.stack.engine import choose_engine
from devstack.testing.letters import LETTER, unique
from devstack.testing.whole_stack import QUICK, whole_stack

SETTLING_SECONDS = 120.0
"""Polling slows down to every 30 seconds while queues are empty."""
SECONDS = 600.0
FEW_SECONDS = 60.0
HOURS_A_MONTH = 730.0
_PROVIDER = "extensions__durableTask__storageProvider"
_BY_DEFAULT = {
    f"{section}__{_PROVIDER}__{queue}VisibilityTimeout": "00:05:00"
    for section in ("AzureFunctionsJobHost", "AzureWebJobs")
    for queue in ("controlQueue", "workItemQueue")
}
"""Settings that give `host.json` the default; see `devstack.stack.programs` on the two sections."""
VARIANTS: tuple[tuple[str, str, Mapping[str, str]], ...] = (
    ("stand-in host", "local", {}),
    ("real host", "func", {}),
    ("real, 5 minutes", "func", _BY_DEFAULT),
    ("real, Event Grid", "func", {"BLOB_TRIGGER_SOURCE": "EventGrid"}),
)


def measure(extent: Extent = USUAL) -> Measured:
    """Leave each variant alone for a while, and count what is asked of the storage meanwhile."""
    seconds = FEW_SECONDS if extent.small else SECONDS
    for _, engine, _ in VARIANTS:
        choose_engine(engine, os.environ)  # before the others are measured for nothing
    settling = FEW_SECONDS if extent.small else SETTLING_SECONDS
    return Measured(
        [
            Row(what, _hourly(engine, settings, settling, seconds))
            for what, engine, settings in VARIANTS
        ]
    )


def _hourly(
    engine: str, settings: Mapping[str, str], settling: float, seconds: float
) -> dict[str, float]:
    with (
        tempfile.TemporaryDirectory() as folder,
        whole_stack(
            Path(folder), {**QUICK, **settings}, engine=engine, storage_access_log=True
        ) as stack,
    ):
        # By HTTP: nobody tells the trigger of an upload where it waits for Event Grid.
        sent = stack.post("/api/documents?name=letter.txt", data=unique(LETTER, "at rest"))
        sent.raise_for_status()
        stack.ended(sent.json()["id"])
        stack.settle()
        time.sleep(settling)
        log = StorageLog(stack.storage_log, stack.blobs)
        log.since_last_time()
        begun = time.monotonic()
        time.sleep(seconds)
        lines = log.since_last_time()
        hours = (time.monotonic() - begun) / 3600
    found = figures(operations(lines), hours)
    if engine == "local":
        del found["USD a month"]
    return found


def figures(seen: Operations, hours: float) -> dict[str, float]:
    """Return the operations of an hour, and what those of a month cost."""
    return {
        "queue": seen.queues / hours,
        "table": seen.tables / hours,
        "blob, dear": seen.blob_writes_and_lists / hours,
        "blob, cheap": seen.blob_others / hours,
        "all": seen.total / hours,
        "USD a month": seen.usd() / hours * HOURS_A_MONTH,
    }


SCENARIO = Scenario(
    title="Storage operations at rest, an hour, and their price a month",
    what="engine",
    columns={
        "queue": ",.0f",
        "table": ",.0f",
        "blob, dear": ",.0f",
        "blob, cheap": ",.0f",
        "all": ",.0f",
        "USD a month": ".2f",
    },
    measure=measure,
    measure_extent=measure,
    by_name_only=True,
)
