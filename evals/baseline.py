"""Figures that must not get worse: the committed baseline, and the difference of two runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from evals.run import Report, Run

FILE = Path(__file__).parent / "baseline.json"

LOWER_IS_BETTER = frozenset({"normals urgent", "normals raised", "brier", "failed"})
"""Figures of which a lower value is the better one."""
BY_LANGUAGE = "recall in "
"""Beginning of the names of the figures of one language."""
FEWEST_URGENT = 10
"""Urgent documents from which a language has a figure of its own."""
ROUNDING = 1e-9


class Baseline(BaseModel):
    """The figures of each run when they were last accepted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    margin: float = Field(ge=0, le=1)
    """How much worse a figure may be, in its own unit; most are shares from 0 to 1."""
    margin_by_language: float = Field(ge=0, le=1)
    """The same for the recall of one language, in which one document weighs more."""
    runs: dict[str, dict[str, float]]

    def allows(self, difference: Difference) -> bool:
        """Return whether a figure is not worse by more than its margin."""
        by_language = difference.figure.startswith(BY_LANGUAGE)
        margin = self.margin_by_language if by_language else self.margin
        return difference.worse_by <= margin + ROUNDING


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of two runs."""

    run: str
    figure: str
    before: float
    after: float

    @property
    def change(self) -> float:
        """Return how much the figure rose."""
        return round(self.after - self.before, 4)

    @property
    def worse_by(self) -> float:
        """Return how much worse the figure is; negative where it is better."""
        return self.change if self.figure in LOWER_IS_BETTER else -self.change


def compared_figures(run: Run) -> dict[str, float]:
    """Return the figures of a run that a baseline holds; those without cases are left out."""
    figures = run.figures
    shares = {
        "accuracy": figures.overall.accuracy,
        "precision": figures.overall.precision,
        "recall": figures.overall.recall,
        "normals urgent": figures.overall.normals_urgent,
        "normals raised": figures.overall.normals_raised,
        "recall at budget": figures.calibration.recall_at_budget,
        "deadlines found": figures.deadlines,
        **{
            f"{BY_LANGUAGE}{name}": each.recall
            for name, each in figures.by["language"].items()
            if each.recall.of >= FEWEST_URGENT
        },
    }
    if figures.summaries is not None:
        shares["grounded"] = figures.summaries.grounded
        shares["facts"] = figures.summaries.facts
    if run.twins is not None:
        shares["twins kept"] = run.twins.kept_of_all
    counted = {name: each.hits / each.of for name, each in shares.items() if each.of}
    counted["brier"] = figures.calibration.brier
    counted["failed"] = figures.failed / figures.overall.documents
    return {name: round(value, 4) for name, value in counted.items()}


def differences(
    before: Mapping[str, Mapping[str, float]], after: Mapping[str, Mapping[str, float]]
) -> list[Difference]:
    """Return the figures that both have, by run."""
    return [
        Difference(run, figure, before[run][figure], after[run][figure])
        for run in before
        if run in after
        for figure in before[run]
        if figure in after[run]
    ]


def figures_by_run(report: Report) -> dict[str, dict[str, float]]:
    """Return the compared figures of all runs of a report."""
    return {name: compared_figures(run) for name, run in report.runs.items()}


def losses(baseline: Baseline, report: Report) -> list[Difference]:
    """Return the figures that are worse than the baseline by more than their margin.

    A figure that the baseline holds and the run lacks counts with its worst value, so that a run
    without it does not pass. What needs twins is left out where a run has none.
    """
    found = []
    for name, run in report.runs.items():
        after = compared_figures(run)
        for figure, before in baseline.runs.get(name, {}).items():
            if figure == "twins kept" and run.twins is None:
                continue
            worst = 1.0 if figure in LOWER_IS_BETTER else 0.0
            found.append(Difference(name, figure, before, after.get(figure, worst)))
    return [each for each in found if not baseline.allows(each)]


def read_baseline(file: Path = FILE) -> Baseline:
    """Return the baseline of a file."""
    return Baseline.model_validate_json(file.read_text(encoding="utf-8"))


def renewed(baseline: Baseline, report: Report) -> Baseline:
    """Return the baseline with the figures of a report; runs that it lacks stay as they are."""
    runs = {**baseline.runs, **figures_by_run(report)}
    return baseline.model_copy(update={"runs": dict(sorted(runs.items()))})
