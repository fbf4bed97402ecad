"""How long the app takes to import, beside what the Functions SDKs alone take."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.measuring import Measured, Row, Scenario

ROOT = Path(__file__).parents[1]
ROUNDS = 9
SDKS = "azure.functions, azure.durable_functions, pydantic"
WHAT = {
    "bare Python": "",
    SDKS: f"import {SDKS}",
    "function_app": "import function_app",
    "every SDK that the app uses": (
        f"import {SDKS}, openai, azure.identity, azure.storage.blob, azure.storage.queue, "
        "azure.data.tables, azure.ai.formrecognizer, requests, pypdfium2, pikepdf, PIL"
    ),
}


def measure() -> Measured:
    """Import each in turn, so that noise meets all alike, and return medians."""
    times: dict[str, list[float]] = {name: [] for name in WHAT}
    for _ in range(ROUNDS):
        for name, program in WHAT.items():
            times[name].append(seconds(program))
    medians = {name: statistics.median(taken[1:]) for name, taken in times.items()}
    return Measured(
        [
            Row(name, {"median ms": 1_000 * median, "beside SDKs": median / medians[SDKS]})
            for name, median in medians.items()
        ]
    )


def seconds(program: str) -> float:
    """Time one fresh process with an empty environment."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, env={}, check=True)
    return time.perf_counter() - started


SCENARIO = Scenario(
    title="Importing the app, beside the Functions SDKs alone",
    what="imported, in a fresh process",
    columns={"median ms": ".0f", "beside SDKs": ".2f"},
    measure=measure,
)
