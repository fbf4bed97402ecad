"""Whether a step that takes longer than its message is hidden runs once.

A message that a worker takes from a queue is hidden from all others for a minute (`host.json` of
the app, as in docflow's). Unless the Durable extension renewed that while the step runs, another
worker, or the same one, would run the step again. The app in `apps/long_step` has one step of three
times that length, which notes each of its runs.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from benchmarks.measuring import USUAL, Extent, Goal, Measured, Row, Scenario
from benchmarks.storage_log import StorageLog
from devstack.testing.whole_stack import MANAGEMENT, WholeStack, whole_stack

APP = Path(__file__).parent / "apps" / "long_step"
HIDDEN_SECONDS = 60.0
"""`workItemQueueVisibilityTimeout` of the app's `host.json`, the least that hosts accept."""
TIMES = 3.0
FEW_TIMES = 1.2
AFTERWARDS_SECONDS = 10.0
"""How long to look for a second run that had been begun; a message is taken within seconds."""
_RENEWAL = re.compile(r'"PUT \S+-workitems/messages/\S*visibilitytimeout=\d', re.IGNORECASE)


def measure(extent: Extent = USUAL) -> Measured:
    """Run the step once, and count how often it ran and its message was renewed."""
    seconds = HIDDEN_SECONDS * (FEW_TIMES if extent.small else TIMES)
    with (
        tempfile.TemporaryDirectory() as folder,
        whole_stack(Path(folder), {}, app=APP, storage_access_log=True) as stack,
    ):
        log = StorageLog(stack.storage_log, stack.blobs)
        log.since_last_time()
        runs = Path(folder) / "runs"
        took = _run(stack, {"seconds": seconds, "runs": str(runs)})
        time.sleep(AFTERWARDS_SECONDS)
        begun = len(runs.read_text(encoding="utf-8").splitlines())
        renewed = renewals(log.since_last_time())
    figures = {"step s": seconds, "took s": took, "renewals": renewed, "runs": begun}
    return Measured([Row("long step", figures)], [Goal("runs", begun, 1, exactly=True)])


def renewals(lines: Iterable[str]) -> int:
    """Return how often messages of steps were hidden for longer, by the lines of Azurite's log."""
    return sum(1 for line in lines if _RENEWAL.search(line))


def _run(stack: WholeStack, work: dict[str, object]) -> float:
    """Take the step, and return the seconds until its orchestration has ended."""
    begun = time.monotonic()
    started = stack.post(f"{MANAGEMENT}/orchestrators/wait_for_long_step", json=work)
    started.raise_for_status()
    status = str(started.json()["statusQueryGetUri"])
    instance_id = str(started.json()["id"])
    while time.monotonic() - begun < TIMES * 2 * HIDDEN_SECONDS:
        answer = stack.get(f"{MANAGEMENT}/instances/{instance_id}")
        state = answer.json() if answer.ok else {}
        if state.get("runtimeStatus") == "Completed":
            return time.monotonic() - begun
        if state.get("runtimeStatus") == "Failed":
            raise AssertionError(f"{status}: {state['output']}")
        time.sleep(0.5)
    raise AssertionError(f"{status} did not come to an end")


SCENARIO = Scenario(
    title="A step of three times the minute for which its message is hidden",
    what="step",
    columns={"step s": ".0f", "took s": ".0f", "renewals": "", "runs": ""},
    measure=measure,
    measure_extent=measure,
    by_name_only=True,
)
