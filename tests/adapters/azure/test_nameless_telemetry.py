"""What leaves the app about a document holds no name: not of its file, nor of anyone in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from docflow.contracts import Activity
from docflow.settings import Settings

ROOT = Path(__file__).parents[3]
PROGRAM = Path(__file__).with_name("whole_run.py")
SCAN = ROOT / "samples" / "files" / "final-notice-scan.pdf"
NAME = "Mustermann"
TOKEN = "hook-token-4711"
TRACE = "0x4bf92f3577b34da6a3ce929d0e0e4736"
TIMEOUT_SECONDS = 300


@pytest.fixture(scope="module")
def services() -> Iterator[str]:
    """Start the stand-in services."""
    process = subprocess.Popen(
        [sys.executable, "-m", "devstack.services", "--port", "0"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        assert process.stdout is not None
        yield process.stdout.readline().split()[-1]
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def telemetry(azurite: str, services: str) -> dict[str, Any]:
    """Give what a run of the whole flow exports and logs."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "DOCUMENTS_STORAGE": azurite,
        "DOCUMENT_INTELLIGENCE_ENDPOINT": services,
        "AZURE_OPENAI_ENDPOINT": services,
        "JIRA_URL": services,
        "NOTIFICATION_WEBHOOK_URL": f"{services}/webhook/{NAME}?token={TOKEN}",
        "LOG_LEVEL": "DEBUG",
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(PROGRAM), f"Erika {NAME}", str(SCAN)],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


def test_documents_come_to_their_ends(telemetry: dict[str, Any]) -> None:
    assert telemetry["ends"] == [{"status": "published"}] * 2


def test_the_libraries_would_tell_names(telemetry: dict[str, Any]) -> None:
    """Without this, the other tests prove nothing."""
    told = "".join(telemetry["raw"])

    assert NAME in told
    assert TOKEN in told
    assert "labels" in told


@pytest.mark.parametrize("what", ["spans", "logs", "metrics"])
@pytest.mark.parametrize("secret", [NAME, TOKEN, "jql", "incoming/"])
def test_no_name_leaves_the_app(telemetry: dict[str, Any], what: str, secret: str) -> None:
    told = telemetry[what]

    assert told
    assert [one for one in ([told] if isinstance(told, str) else told) if secret in one] == []


def test_each_step_is_a_span_in_the_trace_of_the_host(telemetry: dict[str, Any]) -> None:
    spans = [json.loads(span) for span in telemetry["spans"]]
    ours = [span for span in spans if any(k.startswith("docflow.") for k in span["attributes"])]

    steps = {Activity.OPEN_TICKET, Activity.OCR_PAGE, Activity.NOTIFY_WEBHOOK}
    assert steps <= {span["name"] for span in ours}
    names = {span["name"] for span in spans}
    assert {"document_uploaded", "list_documents", "defect"} <= names
    known = {*Activity, "document_uploaded", "list_documents", "defect"}
    traces = {span["context"]["trace_id"] for span in spans if span["name"] in known}
    assert traces == {TRACE}


def test_calls_of_others_are_still_seen(telemetry: dict[str, Any]) -> None:
    spans = [json.loads(span) for span in telemetry["spans"]]
    calls = [span for span in spans if span["name"] in {"GET", "POST", "PUT"}]

    assert calls
    assert all(span["events"] == [] for span in calls)


def test_an_exception_is_told_by_type_and_place(telemetry: dict[str, Any]) -> None:
    spans = [json.loads(span) for span in telemetry["spans"]]
    (defect,) = [span for span in spans if span["name"] == "defect"]

    (event,) = defect["events"]
    assert event["attributes"]["exception.type"] == "ValueError"
    assert "whole_run.py" in event["attributes"]["exception.stacktrace"]
    assert defect["status"] == {"status_code": "ERROR"}


def test_the_worker_instruments_nothing_by_itself() -> None:
    names = set(json.loads((ROOT / "local.settings.sample.json").read_text("utf-8"))["Values"])
    host = (ROOT / "infra/modules/host.bicep").read_text("utf-8")

    for setting in ("PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY", "PYTHON_ENABLE_OPENTELEMETRY"):
        assert setting not in names | set(Settings.names())
        assert setting not in host


def test_the_host_exports_by_the_same_standard() -> None:
    host = json.loads((ROOT / "host.json").read_text("utf-8"))

    assert host["telemetryMode"] == "OpenTelemetry"
    assert host["extensions"]["durableTask"]["tracing"]["version"] == "V2"
