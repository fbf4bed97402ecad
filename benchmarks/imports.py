"""How long the app takes to import, beside what the Functions SDKs alone take.

Run with `.venv/bin/python -m benchmarks.imports`.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROUNDS = 9
WHAT = {
    "bare Python": "",
    "azure.functions, azure.durable_functions, pydantic": (
        "import azure.functions, azure.durable_functions, pydantic"
    ),
    "function_app": "import function_app",
    "every SDK that the app uses": (
        "import azure.functions, azure.durable_functions, pydantic, openai, azure.identity, "
        "azure.storage.blob, azure.storage.queue, azure.data.tables, azure.ai.formrecognizer, "
        "requests, pypdfium2, pikepdf, PIL"
    ),
}


def seconds(program: str) -> float:
    """Time one fresh process with an empty environment."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, env={}, check=True)
    return time.perf_counter() - started


def main() -> None:
    """Measure in turn, so that noise meets all alike, and print medians."""
    times: dict[str, list[float]] = {name: [] for name in WHAT}
    for _ in range(ROUNDS):
        for name, program in WHAT.items():
            times[name].append(seconds(program))
    medians = {name: statistics.median(taken[1:]) for name, taken in times.items()}
    sdk = medians["azure.functions, azure.durable_functions, pydantic"]
    for name, median in medians.items():
        print(f"{name:<52}{median * 1_000:7.0f} ms{median / sdk:7.2f}")


if __name__ == "__main__":
    main()
