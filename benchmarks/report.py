"""Show what was measured: as plain text of 80 columns, and as JSON."""

from __future__ import annotations

import io
import os
import platform
import subprocess
import textwrap
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from benchmarks.measuring import Goal, Measured, Scenario

ROOT = Path(__file__).parents[1]
COLUMNS = 80
HEADING_COLUMNS = 10


def as_text(scenario: Scenario, measured: Measured) -> str:
    """Return a table of the rows, and a line for each goal."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(scenario.what, no_wrap=True)
    for column in scenario.columns:
        heading = textwrap.fill(column, HEADING_COLUMNS)
        table.add_column(heading, justify="right", vertical="bottom")
    for row in measured.rows:
        figures = [
            format(row.figures[column], form) if column in row.figures else ""
            for column, form in scenario.columns.items()
        ]
        table.add_row(Text(row.what), *figures)
    console = Console(file=io.StringIO(), width=COLUMNS, color_system=None, highlight=False)
    console.print(table)
    for goal in measured.goals:
        console.print(Text(_goal_as_text(goal)))
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    return "\n".join(line.rstrip() for line in lines)


def _goal_as_text(goal: Goal) -> str:
    verdict = "met" if goal.met else "missed"
    limit = "exactly" if goal.exactly else "at most"
    return f"goal {verdict}: {goal.what}: {_short(goal.figure)}, {limit} {_short(goal.wanted)}"


def _short(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 1_000 else f"{figure:.3g}"


def as_json(measured: Measured, *, title: str, seconds: float) -> dict[str, Any]:
    """Return what a scenario measured, for a file."""
    return {
        "title": title,
        "seconds": round(seconds, 1),
        "rows": [{"what": row.what, "figures": dict(row.figures)} for row in measured.rows],
        "goals": [{**asdict(goal), "met": goal.met} for goal in measured.goals],
    }


def circumstances() -> dict[str, Any]:
    """Return when, of which code and on what machine something was measured."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.platform(),
    }


def _commit() -> str | None:
    """Name the commit, with a mark where files differ from it; None outside a repository."""
    command = ["git", "describe", "--always", "--dirty", "--exclude=*", "--abbrev=40"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
