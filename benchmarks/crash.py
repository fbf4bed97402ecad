"""What killed hosts mean for documents: how long they stand still, and whether each ends once.

First 30 documents are taken to their ends undisturbed. Then, for each seed on a new stack, equal
ones are dropped, the host and all that it started are killed (SIGKILL) at a moment that the seed
draws from the time that the undisturbed ones took, and the host is started again at once.

A document's own working time is that of the same document when nothing was killed, from the drop to
its end. What lies between the kill and its end beyond that is what the kill has cost it.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.measuring import USUAL, Extent, Goal, Measured, Row, Scenario
from devstack.testing.crash import courses_of, drop_batch, follow, not_once
from devstack.testing.whole_stack import whole_stack

LETTERS = 14
"""As many notices, and two scans: 30 documents."""
FEW_LETTERS = 2
SEEDS = 3
LAST_SHARE = 0.9
"""Latest moment of a kill, as a share of the time until all would have ended."""
MOST_SECONDS = 120.0
"""A document goes on within two minutes of its worker's death."""
TIMEOUT_SECONDS = 1_200.0


def measure(extent: Extent = USUAL) -> Measured:
    """Kill the host once for each seed."""
    letters = FEW_LETTERS if extent.small else LETTERS
    seeds = range(1, 1 + (extent.seeds or SEEDS))
    usual = _undisturbed(letters)
    rows = [Row("none killed", {"all ended s": max(usual)})]
    rows += [Row(f"seed {seed}", _killed(seed, letters, usual)) for seed in seeds]
    killed = rows[1:]
    return Measured(
        rows,
        [
            Goal(
                "most seconds from the kill beyond a document's own work",
                max(row.figures["beyond work s"] for row in killed),
                MOST_SECONDS,
            ),
            Goal("twice or missing", sum(row.figures["wrong"] for row in killed), 0, exactly=True),
        ],
    )


def _undisturbed(letters: int) -> list[float]:
    """Return the seconds from the drop to the end of each document when nothing is killed."""
    with tempfile.TemporaryDirectory() as folder, whole_stack(Path(folder)) as stack:
        dropped = time.monotonic()
        batch = drop_batch(stack, letters, "undisturbed")
        courses = courses_of(stack, batch.documents)
        follow(stack, courses, since=dropped, seconds=TIMEOUT_SECONDS)
        return [courses[each].ended or 0.0 for each in batch.documents]


def _killed(seed: int, letters: int, usual: Sequence[float]) -> dict[str, float]:
    """Drop a batch, kill the host once, and return what that meant."""
    wait = max(usual) * random.Random(seed).uniform(0.0, LAST_SHARE)  # noqa: S311 - no secret
    with tempfile.TemporaryDirectory() as folder, whole_stack(Path(folder)) as stack:
        dropped = time.monotonic()
        batch = drop_batch(stack, letters, f"seed {seed}")
        time.sleep(max(0.0, dropped + wait - time.monotonic()))
        courses = courses_of(stack, batch.documents)
        killed = time.monotonic()
        stack.kill_host()
        follow(stack, courses, since=killed, seconds=TIMEOUT_SECONDS)
        stack.settle()
        wrong = not_once(stack, batch)
        for each in wrong:
            print(f"  seed {seed}: {each}", flush=True)
    work = dict(zip(batch.documents, usual, strict=True))
    ended = {each: course.ended or 0.0 for each, course in courses.items()}
    went_on = [course.went_on or 0.0 for course in courses.values()]
    return {
        "killed at s": killed - dropped,
        "still open": len(courses),
        "went on s": max(went_on, default=0.0),
        "half ended s": median(ended.values()) if ended else 0.0,
        "all ended s": max(ended.values(), default=0.0),
        "beyond work s": max((each - work[key] for key, each in ended.items()), default=0.0),
        "wrong": len(wrong),
    }


SCENARIO = Scenario(
    title="Documents whose host is killed; seconds from the kill",
    what="killed",
    columns={
        "killed at s": ".0f",
        "still open": "",
        "went on s": ".0f",
        "half ended s": ".0f",
        "all ended s": ".0f",
        "beyond work s": ".0f",
        "wrong": "",
    },
    measure=measure,
    measure_extent=measure,
    by_name_only=True,
)
