"""The same measurements on both engines, one after the other, on one machine.

The stand-in host keeps its task hub in a file and looks for uploads several times a second. The
real one keeps it in queues, tables and blobs, and looks every few seconds; what a user of Azure
will see is nearer to that. Each engine gets stacks of its own.

- A letter: the median time from the drop of a letter to its end, one after the other.
- Scanned pages: as the scenario `ocr`, 20 pages in OCR at once, a second each.
- Storage operations: all requests to the storage account from a drop to the end of the last
  instance, beyond those of the same time at rest; of a page, the difference between two documents.
- Documents a minute: letters that are dropped at once, over the time until the last one's end.
- Memory: resident, of the host and its workers together, parser processes left out (Linux).
"""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.measuring import USUAL, Extent, Measured, Row, Scenario
from benchmarks.memory import watched
from benchmarks.scanned import UNLIMITED, read, scan, stack_with
from benchmarks.storage import follow, scanned
from benchmarks.storage_log import StorageLog, operations
from devstack.stack.engine import choose_engine
from devstack.testing.letters import LETTER, unique
from devstack.testing.whole_stack import QUICK, WholeStack, whole_stack

ENGINES = ("local", "func")


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured."""

    letters: int
    """Dropped one after the other."""
    together: int
    """Letters dropped at once."""
    pages: tuple[int, int]
    """Scanned pages of the documents whose time is measured."""
    counted: tuple[int, int]
    """Scanned pages of the documents whose storage operations are counted."""
    settling_seconds: float
    """Polling slows down to every 30 seconds while queues are empty."""
    rest_seconds: float


FULL = Sizes(
    letters=7,
    together=60,
    pages=(100, 1_000),
    counted=(10, 60),
    settling_seconds=60.0,
    rest_seconds=120.0,
)
SMALL = Sizes(
    letters=1,
    together=3,
    pages=(5, 10),
    counted=(2, 10),
    settling_seconds=10.0,
    rest_seconds=20.0,
)

Figures = dict[str, float]


def measure(extent: Extent = USUAL) -> Measured:
    """Measure everything on the one engine, then on the other."""
    sizes = SMALL if extent.small else FULL
    for engine in ENGINES:
        choose_engine(engine, os.environ)  # before the other is measured for nothing
    local, func = (_on(engine, sizes) for engine in ENGINES)
    return Measured([_row(what, local[what], func[what]) for what in local])


def _row(what: str, local: float, func: float) -> Row:
    return Row(what, {"local": local, "func": func, "func / local": func / local if local else 0.0})


def _on(engine: str, sizes: Sizes) -> Figures:
    return {**_documents(engine, sizes), **_pages(engine, sizes)}


def _documents(engine: str, sizes: Sizes) -> Figures:
    """Measure letters and storage operations on one stack."""
    with (
        tempfile.TemporaryDirectory() as folder,
        whole_stack(Path(folder), QUICK, engine=engine, storage_access_log=True) as stack,
    ):
        _end(stack, [stack.drop("warm-up.pdf", scanned(1))])
        letters = [_letter(stack, number) for number in range(sizes.letters)]
        count = Counting(stack, sizes)
        letter = count.of("letter.txt", unique(LETTER, "counted"))
        few, many = (count.of(f"{pages}.pdf", scanned(pages)) for pages in sizes.counted)
        between = sizes.counted[1] - sizes.counted[0]
        return {
            "letter, drop to end, s": median(letters),
            "documents a minute": _together(stack, sizes.together),
            "storage operations, a letter": letter,
            "storage operations, a scanned page": (many - few) / between,
        }


def _letter(stack: WholeStack, number: int) -> float:
    begun = time.monotonic()
    _end(stack, [stack.drop(f"letter-{number}.txt", unique(LETTER, f"letter {number}"))])
    return time.monotonic() - begun


def _together(stack: WholeStack, letters: int) -> float:
    """Drop letters at once, and return how many end in a minute."""
    begun = time.monotonic()
    names = [f"together-{number}.txt" for number in range(letters)]
    _end(stack, [stack.drop(name, unique(LETTER, name)) for name in names])
    return 60 * letters / (time.monotonic() - begun)


def _end(stack: WholeStack, documents: list[str]) -> None:
    """Wait for the ends of documents, by the host's own state."""
    for document_id in documents:
        follow(stack, document_id)


class Counting:
    """Counts storage operations beyond those at rest.

    Args:
        stack: What is counted.
        sizes: How long to look at what is asked at rest.
    """

    def __init__(self, stack: WholeStack, sizes: Sizes) -> None:
        self._stack = stack
        self._log = StorageLog(stack.storage_log, stack.blobs)
        stack.settle()
        time.sleep(sizes.settling_seconds)
        self._log.since_last_time()
        begun = time.monotonic()
        time.sleep(sizes.rest_seconds)
        asked = operations(self._log.since_last_time()).total
        self._a_second = asked / (time.monotonic() - begun)

    def of(self, name: str, content: bytes) -> float:
        """Return how many operations a document takes from its drop until nothing runs."""
        self._log.since_last_time()
        begun = time.monotonic()
        follow(self._stack, self._stack.drop(name, content))
        took = time.monotonic() - begun
        return operations(self._log.since_last_time()).total - took * self._a_second


def _pages(engine: str, sizes: Sizes) -> Figures:
    """Measure scanned pages, and the memory that they take, on one stack."""
    figures: Figures = {}
    with stack_with(UNLIMITED, engine) as stack, watched(stack.host_pid(), tree=True) as peak:
        idle = peak()
        for pages in sizes.pages:
            took = read(stack, f"{pages}.pdf", scan(pages))
            figures[f"{pages:,} scanned pages, s"] = took
        return {**figures, "memory when idle, MB": idle, "memory at most, MB": peak()}


SCENARIO = Scenario(
    title="The stand-in host (local) beside the real one (func)",
    what="measured",
    columns={"local": ",.1f", "func": ",.1f", "func / local": ".2f"},
    measure=measure,
    measure_extent=measure,
    by_name_only=True,
)
