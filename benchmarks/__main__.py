"""Run benchmarks, print their figures, and write them as JSON where a file is given.

`python -m benchmarks`, with the options of `dev.py bench`, which starts it.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.catalogue import SCENARIOS
from benchmarks.measuring import USUAL, Extent, Scenario
from benchmarks.report import as_json, as_text, circumstances
from devstack.cli.arguments import parser
from devstack.stack.errors import StackError


def main(typed: Sequence[str]) -> int:
    """Run the scenarios that are named, or all usual ones, and return the exit code.

    A goal that is missed is shown and is no error; a scenario that cannot run is one.
    """
    arguments = parser().parse_args(["bench", *typed])
    if arguments.list:
        print(listed(SCENARIOS))
        return 0
    try:
        chosen = choose(SCENARIOS, arguments.scenarios)
        if arguments.app:
            chosen = of_apps(chosen, arguments.app)
        extent = Extent(arguments.seeds, arguments.small)
        if extent != USUAL:
            chosen = of_extent(chosen, extent)
        if arguments.json is not None:
            check_writable(arguments.json)
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    return 0 if measure(chosen, arguments.json) else 1


def listed(scenarios: Mapping[str, Scenario]) -> str:
    """Return a line for each scenario: its name and what it measures."""
    width = max(len(name) for name in scenarios) + 2
    return "\n".join(f"{name:<{width}}{each.title}" for name, each in scenarios.items())


def choose(scenarios: Mapping[str, Scenario], names: Sequence[str]) -> dict[str, Scenario]:
    """Return the scenarios of these names; where none is named, all that do not take long.

    Raises:
        StackError: there is no scenario of one of the names.
    """
    unknown = [name for name in names if name not in scenarios]
    if unknown:
        raise StackError(
            f"There is no benchmark {', '.join(map(repr, unknown))}. There are:\n"
            f"{listed(scenarios)}"
        )
    usual = [name for name, scenario in scenarios.items() if not scenario.by_name_only]
    return {name: scenarios[name] for name in names or usual}


def of_apps(scenarios: Mapping[str, Scenario], apps: Sequence[Path]) -> dict[str, Scenario]:
    """Return each scenario once for each app, named after both.

    Raises:
        StackError: a scenario measures this checkout alone, or a folder holds no app.
    """
    for app in apps:
        if not (app / "host.json").is_file():
            raise StackError(f"{app} is not a function app: there is no host.json in it.")
    found: dict[str, Scenario] = {}
    for name, scenario in scenarios.items():
        if scenario.measure_app is None:
            able = [each for each, one in SCENARIOS.items() if one.measure_app is not None]
            raise StackError(
                f"The benchmark {name!r} measures this checkout alone. With --app can be measured: "
                f"{', '.join(able)}."
            )
        for app in apps:
            measure = partial(scenario.measure_app, app.resolve())
            found[f"{name} ({app.resolve()})"] = replace(scenario, measure=measure)
    return found


def of_extent(scenarios: Mapping[str, Scenario], extent: Extent) -> dict[str, Scenario]:
    """Return each scenario with the extent in which it is to be measured.

    Raises:
        StackError: the extent of a scenario cannot be chosen.
    """
    found: dict[str, Scenario] = {}
    for name, scenario in scenarios.items():
        if scenario.measure_extent is None:
            able = [each for each, one in SCENARIOS.items() if one.measure_extent is not None]
            raise StackError(
                f"The benchmark {name!r} has one extent alone. With --seeds or --small can be "
                f"measured: {', '.join(able)}."
            )
        found[name] = replace(scenario, measure=partial(scenario.measure_extent, extent))
    return found


def check_writable(file: Path) -> None:
    """Refuse a file that cannot be written, before anything is measured."""
    if file.is_dir() or not file.parent.is_dir():
        raise StackError(f"{file} cannot be written: there is no such folder, or it is one.")


def measure(scenarios: Mapping[str, Scenario], file: Path | None) -> bool:
    """Run scenarios, print and write the figures of each, and return whether all could run.

    The file is written again after each, so that a run that is stopped has kept what it measured.
    """
    report: dict[str, Any] = {**circumstances(), "scenarios": {}}
    for name, scenario in scenarios.items():
        report["scenarios"][name] = _measure(name, scenario)
        if file is not None:
            text = json.dumps(report, indent=2, ensure_ascii=False)
            file.write_text(f"{text}\n", encoding="utf-8")
    return not any("error" in each for each in report["scenarios"].values())


def _measure(name: str, scenario: Scenario) -> dict[str, Any]:
    print(f"{name}: {scenario.title}\n", flush=True)
    started = time.monotonic()
    try:
        measured = scenario.measure()
    except Exception as error:  # noqa: BLE001 - whatever it is, the other scenarios go on
        reason = f"{type(error).__name__}: {error}"
        print(f"could not run: {reason}\n", flush=True)
        return {"title": scenario.title, "error": reason}
    print(f"{as_text(scenario, measured)}\n", flush=True)
    return as_json(measured, title=scenario.title, seconds=time.monotonic() - started)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
