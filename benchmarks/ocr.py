"""Reading scanned pages on the whole local stack: time against the ideal.

Twenty pages are in OCR at once, each of which takes a second, so that the ideal is a twentieth of a
second per page, or what the rate of OCR lets through.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from benchmarks.measuring import Goal, Measured, Row, Scenario
from benchmarks.scanned import LIMITED as AT_DEFAULT_RATE
from benchmarks.scanned import SECONDS_A_PAGE, UNLIMITED, read, scan, stack_with

AT_ONCE = 20
SIZES = (10, 100, 1_000)
DEFAULT_RATE = 15
MOST_BESIDE_IDEAL = 1.25
GOAL_FROM_PAGES = 100
COLUMNS = {"ideal s": ".1f", "took s": ".1f", "ratio": ".2f"}


def measure() -> Measured:
    """Time documents of several sizes, without a limit on the rate."""
    return _timed(SIZES, UNLIMITED, AT_ONCE / SECONDS_A_PAGE)


def measure_limited() -> Measured:
    """Time one document at the default rate of OCR, against the ideal at that rate."""
    return _timed(SIZES[-1:], AT_DEFAULT_RATE, DEFAULT_RATE)


def _timed(sizes: Sequence[int], settings: Mapping[str, str], pages_a_second: float) -> Measured:
    rows = list(_rows(sizes, settings, pages_a_second))
    goals = [
        Goal(f"ratio at {pages:,} pages", row.figures["ratio"], MOST_BESIDE_IDEAL)
        for pages, row in zip(sizes, rows, strict=True)
        if pages >= GOAL_FROM_PAGES
    ]
    return Measured(rows, goals)


def _rows(
    sizes: Sequence[int], settings: Mapping[str, str], pages_a_second: float
) -> Iterator[Row]:
    with stack_with(settings) as stack:
        for pages in sizes:
            ideal = pages / pages_a_second
            took = read(stack, f"{pages}.pdf", scan(pages))
            yield Row(f"{pages:,}", {"ideal s": ideal, "took s": took, "ratio": took / ideal})


SCENARIO = Scenario(
    title="Scanned pages on the whole stack, 20 at once, 1 s each",
    what="pages",
    columns=COLUMNS,
    measure=measure,
)
LIMITED = Scenario(
    title=f"Scanned pages on the whole stack, {DEFAULT_RATE} a second (the default)",
    what="pages",
    columns=COLUMNS,
    measure=measure_limited,
)
