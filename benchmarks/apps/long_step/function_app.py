"""An app with one step that takes long, and which notes each of its runs in a file."""

from __future__ import annotations

import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route("health", methods=["GET"])
def health(req: func.HttpRequest) -> func.HttpResponse:
    """Say that the app is there."""
    return func.HttpResponse("ok")


@app.orchestration_trigger(context_name="context")  # type: ignore[untyped-decorator]
def wait_for_long_step(context: df.DurableOrchestrationContext) -> Generator[Any, Any, Any]:
    """Take one step."""
    return (yield context.call_activity("long_step", context.get_input()))


@app.activity_trigger(input_name="work")  # type: ignore[untyped-decorator]
def long_step(work: dict) -> str:  # type: ignore[type-arg]
    """Note the run in the file `runs`, then wait so many `seconds`."""
    with Path(work["runs"]).open("a", encoding="utf-8") as runs:
        runs.write(f"{time.time():.3f}\n")
    time.sleep(work["seconds"])
    return "done"
