"""How close reading pages comes to the ideal, and what replaying it costs, by virtual clock.

The orchestrations run in the simulation of the host with activities of uneven length (around 0.5,
0.8, 1 and 4 s, drawn alike) of which ten may run at once. "Events" are the history events that the
host ships to the app over all episodes of all instances; "bytes" are the histories of all instances
as they are stored. Those "of reading" leave out what a document takes that has nothing to read:
they are the instances that read pages, and what their parent's history holds while it waits.
"""

from __future__ import annotations

import heapq
import json
import random
from collections.abc import Sequence
from datetime import timedelta
from itertools import dropwhile, takewhile
from typing import Any

from benchmarks.measuring import Measured, Row, Scenario, spread
from devstack.functions_host.engine.events import Event, Kind, Work, compact
from devstack.functions_host.engine.instance import Instance
from devstack.functions_host.simulation import EPOCH, Simulation
from docflow.contracts import Activity, Orchestrator
from docflow.durable.sdk_workarounds import require_strict_typing
from docflow.durable.steps import Reply
from docflow.models.documents import DocumentRequest, Source
from docflow.models.files import Accepted, Inspection
from docflow.models.pages import PageRead, PreparedPages, Transcript
from docflow.models.payloads import Done, Payload
from docflow.policy.page_sets import format_pages
from testkit.functions import registered_orchestrators

AT_ONCE = 10
SECONDS = (0.5, 0.8, 1.0, 4.0)
SIZES = (10, 60, 240, 1_000, 2_000)
MOST_SPREAD = 1.5


def measure() -> Measured:
    """Read documents of several sizes; what it takes a page is to be the same for all."""
    require_strict_typing()
    rows = [Row(f"{pages:,}", _read(pages)) for pages in SIZES]
    goals = [
        spread(f"{column} a page", [row.figures[column] for row in rows], at_most=MOST_SPREAD)
        for column in ("events", "bytes", "events of reading", "bytes of reading")
    ]
    return Measured(rows, goals)


def _read(pages: int) -> dict[str, float]:
    """Read a document of scanned pages and return what it took."""
    chance = random.Random(pages)  # noqa: S311 - a schedule, not a secret
    lengths = {page: _seconds(chance) for page in range(1, pages + 1)}

    free = [EPOCH] * AT_ONCE

    def duration(work: Work) -> timedelta:
        """Wait for one of the places in which an activity may run, then run."""
        if work.name != Activity.OCR_PAGE:
            return timedelta(0)
        page = json.loads(work.input or "null")["page"]
        begin = max(simulation.now, heapq.heappop(free))
        end = begin + timedelta(seconds=lengths[page])
        heapq.heappush(free, end)
        return end - simulation.now

    simulation = Simulation(
        orchestrators=registered_orchestrators(),
        activities=_steps(pages),
        duration=duration,
    )
    source = Source(container="incoming", name="scan.pdf", etag="e", bytes=1)
    request = DocumentRequest(document_id="scan", source=source, received_at=EPOCH)
    simulation.start(Orchestrator.PROCESS_DOCUMENT, request.dump(), "scan")
    simulation.run(steps=10_000_000)
    took = (simulation.now - EPOCH).total_seconds()
    ideal = sum(lengths.values()) / AT_ONCE
    sent = [
        (_name(episode.instance), json.loads(call)["history"])
        for _, episode in simulation.episodes
        for call in episode.calls
    ]
    stored = [
        (instance.name, [line.event for line in instance.history])
        for instance in simulation.store.instances.values()
    ]
    return {
        "ideal s": ideal,
        "took s": took,
        "ratio": took / ideal,
        "events": sum(len(history) for _, history in sent) / pages,
        "events of reading": sum(len(_of_reading(*each)) for each in sent) / pages,
        "bytes": sum(_bytes(history) for _, history in stored) / pages,
        "bytes of reading": sum(_bytes(_of_reading(*each)) for each in stored) / pages,
    }


def _name(instance: Instance | None) -> str:
    assert instance is not None, "an orchestrator was called for nothing"
    return instance.name


def _bytes(history: Sequence[Event]) -> int:
    return sum(len(compact(event).encode()) for event in history)


def _of_reading(name: str, history: Sequence[Event]) -> Sequence[Event]:
    """Return the part of an instance's history that it has for reading pages.

    The main orchestration does nothing else between the first child that it starts and the next
    activity that it schedules.
    """
    if name == Orchestrator.READ_PAGES:
        return history
    if name != Orchestrator.PROCESS_DOCUMENT:
        return []
    since_first_child = dropwhile(
        lambda event: event["EventType"] != Kind.SUB_ORCHESTRATION_CREATED, history
    )
    waiting = takewhile(lambda event: event["EventType"] != Kind.TASK_SCHEDULED, since_first_child)
    return list(waiting)


def _seconds(chance: random.Random) -> float:
    """Draw how long a page takes.

    No two take equally long: completions that arrive together would cost one replay, not two.
    """
    return chance.choice(SECONDS) * chance.uniform(0.9, 1.1)


def _steps(pages: int) -> dict[str, Any]:
    """Return activities that only answer; the document is found blank, which ends it soon."""
    accepted = Accepted(content_type="application/pdf", sha256="0", bytes=1, pages=pages)
    blank = Transcript(pages=pages, pages_read=pages, pages_failed=0, characters=0)
    answers: dict[str, Payload] = {
        Activity.INSPECT_DOCUMENT: Inspection(outcome=accepted),
        Activity.PREPARE_PAGES: PreparedPages(pages=pages, ocr=format_pages(range(1, pages + 1))),
        Activity.OCR_PAGE: PageRead(page=1),
        Activity.ASSEMBLE_TRANSCRIPT: blank,
    }

    def answer(step: str) -> Any:  # noqa: ANN401 - a plain function
        reply = Reply(value=answers.get(step, Done()).dump()).dump()
        return lambda _payload: reply

    return {step.value: answer(step.value) for step in Activity}


SCENARIO = Scenario(
    title="Reading pages side by side, by virtual clock; history a page",
    what="pages",
    columns={
        "ideal s": ".1f",
        "took s": ".1f",
        "ratio": ".2f",
        "events": ".1f",
        "events of reading": ".1f",
        "bytes": ",.0f",
        "bytes of reading": ",.0f",
    },
    measure=measure,
)
