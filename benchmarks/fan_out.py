"""How close reading pages comes to the ideal, and what replaying it costs, by virtual clock.

The orchestrations run in the simulation of the host with activities of uneven length (0.5, 0.8, 1
and 4 s, drawn alike) of which ten may run at once. "Events sent" are the history events that the
host ships to the app over all episodes of all instances; "history bytes" are those of all
instances as they are stored.

Run with `.venv/bin/python -m benchmarks.fan_out`.
"""

from __future__ import annotations

import heapq
import json
import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orchestrators
from devstack.functions_host.events import Work
from devstack.functions_host.simulation import EPOCH, Simulation
from docflow.contracts import Activity, Orchestrator
from docflow.durable import Reply, require_strict_typing
from docflow.models import (
    Accepted,
    DocumentRequest,
    Done,
    Inspection,
    PageRead,
    Payload,
    PreparedPages,
    Source,
    Transcript,
)
from docflow.pages import format_pages
from docflow.testing.history import handle_of

AT_ONCE = 10
SECONDS = (0.5, 0.8, 1.0, 4.0)
SIZES = (10, 60, 240, 1_000, 2_000)


@dataclass(frozen=True, slots=True)
class Run:
    """What reading a document took."""

    ideal_seconds: float
    seconds: float
    events_sent: int
    history_bytes: int
    """Of all instances together."""


def simulate(pages: int) -> Run:
    """Read a document of scanned pages."""
    chance = random.Random(pages)  # noqa: S311 - a schedule, not a secret
    lengths = {page: chance.choice(SECONDS) for page in range(1, pages + 1)}

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
        orchestrators={
            name.value: handle_of(getattr(orchestrators, name.value).blueprint, name.value)
            for name in Orchestrator
        },
        activities=_steps(pages),
        duration=duration,
    )
    source = Source(container="incoming", name="scan.pdf", etag="e", bytes=1)
    request = DocumentRequest(document_id="scan", source=source, received_at=EPOCH)
    simulation.start(Orchestrator.PROCESS_DOCUMENT, request.dump(), "scan")
    simulation.run(steps=10_000_000)
    took = (simulation.now - EPOCH).total_seconds()
    events = sum(
        len(json.loads(call)["history"]) for _, each in simulation.episodes for call in each.calls
    )
    stored = sum(
        len(line.text.encode())
        for instance in simulation.store.instances.values()
        for line in instance.history
    )
    return Run(sum(lengths.values()) / AT_ONCE, took, events, stored)


def _steps(pages: int) -> dict[str, Any]:
    """Activities that do nothing but answer; the document turns out blank, which ends it soon."""
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


def main() -> None:
    """Print a line per size."""
    require_strict_typing()
    print(
        f"{'pages':>6}{'ideal s':>10}{'took s':>10}{'ratio':>8}{'events sent a page':>20}", end=""
    )
    print(f"{'history bytes a page':>22}")
    for pages in SIZES:
        run = simulate(pages)
        ratio = run.seconds / run.ideal_seconds
        print(f"{pages:>6}{run.ideal_seconds:>10.1f}{run.seconds:>10.1f}{ratio:>8.2f}", end="")
        print(f"{run.events_sent / pages:>20.1f}{run.history_bytes / pages:>22,.0f}")


if __name__ == "__main__":
    main()
