from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from docflow.contracts import Activity, Orchestrator
from triggers.carry_over import carry_over_index
from triggers.upkeep import expire_cache, mend_documents

ROOT = Path(__file__).parents[2]

HEAVY = (
    "openai",
    "azure.ai.formrecognizer",
    "azure.identity",
    "azure.data.tables",
    "azure.storage.blob",
    "azure.monitor.opentelemetry",
    "pypdfium2",
    "pikepdf",
    "PIL",
    "requests",
)

INDEX = """
import json, sys, time
started = time.perf_counter()
import function_app
seconds = time.perf_counter() - started
functions = {
    function.get_function_name(): [json.loads(raw) for raw in function.get_raw_bindings()]
    for function in function_app.app.get_functions()
}
print(json.dumps({"seconds": seconds, "modules": sorted(sys.modules), "functions": functions}))
"""

NO_NETWORK = """
import socket
def refuse(*_, **__):
    raise AssertionError("connected to something")
socket.socket.connect = socket.socket.connect_ex = refuse
socket.getaddrinfo = refuse
"""


def run(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    # Windows needs SYSTEMROOT to open sockets; nothing else is passed on.
    kept = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    """The app as a worker with an empty environment finds it."""
    done = run(NO_NETWORK + INDEX)
    assert done.returncode == 0, done.stderr
    indexed: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return indexed


def test_importing_the_app_loads_no_sdk(
    found: dict[str, Any], record_property: Callable[[str, object], None]
) -> None:
    record_property("import_seconds", round(found["seconds"], 3))
    loaded = [name for name in HEAVY if name in found["modules"]]
    assert loaded == []


def test_all_that_is_called_by_name_or_by_the_clock_is_there(found: dict[str, Any]) -> None:
    assert {*Activity, *Orchestrator} <= set(found["functions"])
    timers = {each.__name__ for each in (carry_over_index, expire_cache, mend_documents)}
    assert {name for name, _ in bindings_of(found, "timerTrigger")} == timers


def bindings_of(found: dict[str, Any], kind: str) -> list[tuple[str, dict[str, Any]]]:
    return [
        (name, binding)
        for name, bindings in found["functions"].items()
        for binding in bindings
        if binding["type"] == kind
    ]


def routes(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [route for _, route in bindings_of(found, "httpTrigger")]


def test_the_routes_are_those_of_the_contract(found: dict[str, Any]) -> None:
    assert {(r["methods"][0], r["route"]) for r in routes(found)} == {
        ("GET", "health"),
        ("GET", "health/details"),
        ("GET", "stats"),
        ("GET", "documents"),
        ("POST", "documents"),
        ("GET", "documents/{id}"),
        ("GET", "documents/{id}/result"),
        ("GET", "documents/{id}/source"),
        ("GET", "documents/{id}/pages/{n}"),
        ("GET", "documents/{id}/pages/{n}/image"),
        ("POST", "documents/{id}/reprocess"),
        ("GET", "reviews"),
        ("POST", "reviews/{id}"),
    }


def test_all_but_health_ask_for_a_key(found: dict[str, Any]) -> None:
    levels = {(r["authLevel"], r["route"] == "health") for r in routes(found)}
    assert levels == {("ANONYMOUS", True), ("FUNCTION", False)}


def test_wrong_settings_stop_the_app_and_are_named() -> None:
    done = run("import function_app", BLOB_TRIGGER_SOURCE="Carrier pigeon", RETRY_ATTEMPTS="0")
    assert done.returncode != 0
    assert "BLOB_TRIGGER_SOURCE" in done.stderr
    assert "RETRY_ATTEMPTS" in done.stderr


def test_one_setting_decides_how_uploads_are_noticed() -> None:
    done = run(INDEX, BLOB_TRIGGER_SOURCE="EventGrid")
    assert done.returncode == 0, done.stderr
    bindings = json.loads(done.stdout.splitlines()[-1])["functions"]["document_uploaded"]
    assert [b["source"] for b in bindings if b["type"] == "blobTrigger"] == ["EventGrid"]
