"""What a benchmark is: a scenario that measures, the figures that it gives, and their goals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one thing that was measured, by the columns of its scenario."""

    what: str
    figures: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure should be, beside what it is."""

    what: str
    figure: float
    wanted: float
    exactly: bool = False
    """Whether nothing but `wanted` will do; otherwise it is the most."""

    @property
    def met(self) -> bool:
        """Return whether the figure is as it should be."""
        return self.figure == self.wanted if self.exactly else self.figure <= self.wanted


@dataclass(frozen=True, slots=True)
class Measured:
    """What one run of a scenario gave."""

    rows: Sequence[Row]
    goals: Sequence[Goal] = ()


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of a scenario is measured."""

    seeds: int | None = None
    """How often it draws its lots anew; None leaves it to the scenario."""
    small: bool = False
    """Whether small sizes will do: they show that it runs, and their figures say little."""


USUAL = Extent()


@dataclass(frozen=True, slots=True)
class Scenario:
    """Something that can be measured."""

    title: str
    what: str
    """Heading over what each row is about."""
    columns: Mapping[str, str]
    """The form in which the figures of each column are printed."""
    measure: Callable[[], Measured]
    measure_app: Callable[[Path], Measured] | None = None
    """Measures the app in a folder, such as another checkout, in place of this checkout's."""
    measure_extent: Callable[[Extent], Measured] | None = None
    """Measures more or less than usual."""
    by_name_only: bool = False
    """Whether it takes so long that it runs only where it is named."""


def spread(what: str, figures: Sequence[float], *, at_most: float) -> Goal:
    """Return the goal that figures stay close: the largest beside the smallest."""
    return Goal(f"{what}, largest / smallest", max(figures) / min(figures), at_most)
