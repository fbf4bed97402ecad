"""`dev.py bench`: runs benchmarks, prints what they give, and keeps it as JSON where asked to."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.catalogue import SCENARIOS
from benchmarks.measuring import Scenario
from benchmarks.report import as_json, as_text, circumstances
from devstack.stack.errors import StackError


def run(arguments: argparse.Namespace) -> int:
    """Run the scenarios that are named, or all; a goal that is missed is shown, not an error."""
    if arguments.list:
        print(listed(SCENARIOS))
        return 0
    chosen = choose(SCENARIOS, arguments.scenarios)
    if arguments.json is not None:
        _make_sure_of_place(arguments.json)
    return 0 if measure(chosen, arguments.json) else 1


def listed(scenarios: Mapping[str, Scenario]) -> str:
    """Name all scenarios."""
    width = max(len(name) for name in scenarios) + 2
    return "\n".join(f"{name:<{width}}{each.title}" for name, each in scenarios.items())


def choose(scenarios: Mapping[str, Scenario], names: Sequence[str]) -> dict[str, Scenario]:
    """Give the scenarios of these names, or all where none is named."""
    unknown = [name for name in names if name not in scenarios]
    if unknown:
        raise StackError(
            f"There is no benchmark {', '.join(map(repr, unknown))}. There are:\n"
            f"{listed(scenarios)}"
        )
    return {name: scenarios[name] for name in names or scenarios}


def _make_sure_of_place(file: Path) -> None:
    """Find out before all is measured, not after, that the figures cannot be kept."""
    if file.is_dir() or not file.parent.is_dir():
        raise StackError(f"{file} cannot be written: there is no such folder, or it is one.")


def measure(scenarios: Mapping[str, Scenario], file: Path | None) -> bool:
    """Run scenarios, print and keep what each gives; gives whether all could run.

    The file is written anew after each, so that a long run that is stopped has kept the rest.
    """
    told: dict[str, Any] = {**circumstances(), "scenarios": {}}
    for name, scenario in scenarios.items():
        told["scenarios"][name] = _measure(name, scenario)
        if file is not None:
            text = json.dumps(told, indent=2, ensure_ascii=False)
            file.write_text(f"{text}\n", encoding="utf-8")
    return not any("error" in each for each in told["scenarios"].values())


def _measure(name: str, scenario: Scenario) -> dict[str, Any]:
    print(f"{name}: {scenario.title}\n", flush=True)
    started = time.monotonic()
    try:
        measured = scenario.measure()
    except Exception as error:  # noqa: BLE001 - whatever it is, the other scenarios go on
        complaint = f"{type(error).__name__}: {error}"
        print(f"could not run: {complaint}\n", flush=True)
        return {"title": scenario.title, "error": complaint}
    print(f"{as_text(scenario, measured)}\n", flush=True)
    return as_json(measured, title=scenario.title, seconds=time.monotonic() - started)
