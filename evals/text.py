"""Reports as plain text of 80 columns."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from evals.baseline import Difference
from evals.figures import REVIEW_BUDGET, Calibration, Detection, Share
from evals.run import Run, TwinFigures

COLUMNS = 80


def as_text(name: str, run: Run) -> str:
    """Return all figures of a run."""
    figures = run.figures
    parts = [
        f"{name}\n{textwrap.fill(run.about, COLUMNS)}",
        _detections("", {"all documents": figures.overall}),
        *(_detections(f"by {dimension}", groups) for dimension, groups in figures.by.items()),
        _calibrated(figures.calibration),
        "\n".join(_further(run)),
    ]
    if run.twins is not None:
        parts.append(_twins(run.twins))
    return "\n\n".join(parts)


def as_difference(found: Sequence[Difference]) -> str:
    """Return a table of the figures that differ between two runs."""
    changed = [each for each in found if each.change]
    if not changed:
        return "No figure differs."
    table = _table("run", "figure", "before", "after", "change", "")
    for each in changed:
        verdict = "worse" if each.worse_by > 0 else "better"
        table.add_row(
            each.run, each.figure, f"{each.before:.3f}", f"{each.after:.3f}",
            f"{each.change:+.3f}", verdict,
        )  # fmt: skip
    return _printed(table)


def shown(share: Share) -> str:
    """Return a share with its interval, such as `0.85 (0.76 to 0.91)`."""
    if share.value is None:
        return "-"
    return f"{share.value:.2f} ({share.low:.2f} to {share.high:.2f})"


def _brief(share: Share) -> str:
    """Return a share with its interval for a narrow column, such as `0.85 [.76 .91]`."""
    if share.value is None or share.low is None or share.high is None:
        return "-"
    ends = " ".join(f"{end:.2f}".removeprefix("0") for end in (share.low, share.high))
    return f"{share.value:.2f} [{ends}]"


def _bare(share: Share) -> str:
    """Return a share without its interval."""
    return "-" if share.value is None else f"{share.value:.2f}"


def _detections(title: str, groups: Mapping[str, Detection]) -> str:
    table = _table(title, "docs", "precision", "recall", "normals urgent", "raised")
    for name, each in groups.items():
        table.add_row(
            name,
            str(each.documents),
            _bare(each.precision),
            _brief(each.recall),
            _brief(each.normals_urgent),
            _bare(each.normals_raised),
        )
    return _printed(table)


def _calibrated(calibration: Calibration) -> str:
    table = _table("scores", "docs", "mean score", "urgent")
    for each in calibration.bins:
        table.add_row(
            f"{each.low:.1f} to {each.high:.1f}",
            str(each.documents),
            "-" if each.mean_score is None else f"{each.mean_score:.2f}",
            shown(each.urgent),
        )
    budget = shown(calibration.recall_at_budget)
    return (
        f"{_printed(table)}\nBrier score {calibration.brier:.3f}; "
        f"recall of the {REVIEW_BUDGET:.0%} with the highest scores {budget}"
    )


def _further(run: Run) -> list[str]:
    figures, usage = run.figures, run.figures.usage
    lines = [
        f"documents with the right level {shown(figures.overall.accuracy)}",
        f"deadlines found {shown(figures.deadlines)}",
    ]
    if figures.summaries is not None:
        lines += [
            f"bullets that are grounded {shown(figures.summaries.grounded)}",
            f"facts in the summary {shown(figures.summaries.facts)}",
        ]
    if usage.calls:
        lines += [
            f"{usage.calls:,} calls, {usage.prompt_tokens:,} + {usage.completion_tokens:,} tokens, "
            f"about ${usage.usd:.4f}",
            f"{usage.schema_failures} answers outside of their schema, {usage.blocked} calls "
            "without an answer",
        ]
    if figures.failed:
        lines.append(f"{figures.failed} documents ended without a level")
    return lines


def _twins(twins: TwinFigures) -> str:
    table = _table("twins", "that kept their level")
    for change, share in twins.kept.items():
        table.add_row(change, shown(share))
    table.add_row("all", shown(twins.kept_of_all))
    return _printed(table)


def _table(first: str, *headings: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(first, no_wrap=True)
    for heading in headings:
        table.add_column(heading, justify="right", vertical="bottom", no_wrap=True)
    return table


def _printed(table: Table) -> str:
    out = io.StringIO()
    Console(file=out, width=COLUMNS, color_system=None, highlight=False, markup=False).print(table)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())
