"""docflow gets from Azure's own worker library what it gets from the stand-in host."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devstack.environment.root import ROOT
from devstack.functions_host.engine.events import Kind
from docflow.contracts import Activity, Orchestrator
from docflow.models.delivery import CompensationRequest
from docflow.models.files import InspectionRequest
from docflow.models.pages import PageRequest
from docflow.models.reviews import ApprovalDecision, SettlementRequest, StoredDecision
from testkit.examples import DOCUMENT_ID, SOURCE
from testkit.fakes import START

pytestmark = pytest.mark.fidelity

IN_MEMORY = Path(__file__).parent / "apps" / "docflow_in_memory"
RECORDED = ROOT / "tests" / "replay" / "recorded"

Json = dict[str, Any]


def ask(python: str, who: str, what: str, app: Path, questions: object = None) -> Any:
    done = subprocess.run(
        [python, "-m", "devstack.functions_host.azure_worker", who, what, str(app)],
        input=json.dumps(questions),
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    answers = [line for line in done.stdout.splitlines() if line.startswith("ANSWERS ")]
    assert answers, done.stderr
    return json.loads(answers[0].removeprefix("ANSWERS "))


def both(python: str, what: str, app: Path, questions: object = None) -> tuple[Any, Any]:
    azure = ask(python, "azure", what, app, questions)
    return azure, ask(sys.executable, "stand-in", what, app, questions)


# Questions.


def text(value: str) -> Json:
    return {"type": "string", "value": value}


CLIENT = text(
    json.dumps(
        {
            "taskHubName": "hub",
            "creationUrls": {},
            "managementUrls": {"id": "INSTANCEID", "statusQueryGetUri": "http://x/INSTANCEID"},
            "rpcBaseUrl": "http://127.0.0.1:1/durabletask/",
        }
    )
)


def http(
    method: str, path: str, params: dict[str, str] | None = None, body: str = "", **query: str
) -> Json:
    return {
        "type": "http",
        "value": {
            "method": text(method),
            "url": text(f"http://localhost:7071/api/{path}"),
            "headers": {"host": text("localhost:7071")},
            "query": {name: text(value) for name, value in query.items()},
            "params": {name: text(value) for name, value in (params or {}).items()},
            "body": {"type": "bytes", "value": body},
        },
    }


def activity(name: Activity, payload: object) -> Json:
    return {"function": name.value, "inputs": {"payload": text(json.dumps(payload))}}


THIS = {"id": DOCUMENT_ID}
REQUESTS: list[Json] = [
    {"function": "list_documents", "inputs": {"req": http("GET", "documents")}},
    {"function": "list_documents", "inputs": {"req": http("GET", "documents", limit="many")}},
    {"function": "get_stats", "inputs": {"req": http("GET", "stats", window="7d")}},
    {"function": "list_reviews", "inputs": {"req": http("GET", "reviews")}},
    {"function": "get_result", "inputs": {"req": http("GET", "result", THIS)}},
    {"function": "get_result", "inputs": {"req": http("GET", "result", {"id": "none"})}},
    {"function": "get_document", "inputs": {"req": http("GET", "it", THIS), "client": CLIENT}},
    {
        "function": "decide_review",
        "inputs": {"req": http("POST", "it", THIS, '{"approved": true}'), "client": CLIENT},
    },
]
DECISION = StoredDecision(
    decision=ApprovalDecision(approved=True, reviewer="Zoë"), decided_at=START, via="event"
)
STEPS: list[Json] = [
    activity(
        Activity.INSPECT_DOCUMENT,
        InspectionRequest(document_id=DOCUMENT_ID, source=SOURCE).dump(),
    ),
    activity(Activity.OCR_PAGE, PageRequest(document_id=DOCUMENT_ID, page=1).dump()),
    activity(Activity.OCR_PAGE, PageRequest(document_id=DOCUMENT_ID, page=9).dump()),
    activity(
        Activity.SETTLE_DECISION,
        SettlementRequest(document_id=DOCUMENT_ID, candidate=DECISION).dump(),
    ),
    activity(
        Activity.CANCEL_TICKET,
        CompensationRequest(document_id=DOCUMENT_ID, name="a", reason="b").dump(),
    ),
    activity(Activity.OCR_PAGE, {"page": "none"}),
    activity(Activity.OCR_PAGE, None),
]
TICKS: list[Json] = [
    {
        "function": "mend_documents",
        "inputs": {
            "timer": {"type": "json", "value": json.dumps({"IsPastDue": past_due})},
            "client": CLIENT,
        },
    }
    for past_due in (False, True)
]


def replays() -> Iterator[Json]:
    """Ask each recorded orchestration at each of its pauses for what comes next."""
    for path in sorted(RECORDED.rglob("*.json")):
        recording = json.loads(path.read_text(encoding="utf-8"))
        history = recording["context"]["history"]
        for end, event in enumerate(history):
            if event["EventType"] == Kind.ORCHESTRATOR_COMPLETED:
                context = {**recording["context"], "history": history[:end]}
                yield {
                    "function": recording["orchestrator"],
                    "inputs": {"context": text(json.dumps(context))},
                }


# Tests.


def test_all_functions_are_indexed_alike(azure_python: str) -> None:
    azure, stand_in = both(azure_python, "functions", ROOT)

    assert stand_in == azure
    assert {*Activity, *Orchestrator, "document_uploaded", "mend_documents"} <= set(azure)


@pytest.mark.parametrize("questions", [REQUESTS, STEPS, TICKS], ids=["HTTP", "activities", "timer"])
def test_functions_answer_alike(azure_python: str, questions: list[Json]) -> None:
    azure, stand_in = both(azure_python, "answers", IN_MEMORY, questions)

    assert len(azure) == len(questions)
    for question, theirs, ours in zip(questions, azure, stand_in, strict=True):
        assert ours == theirs, question
    assert any(answer["ok"] for answer in azure)


def test_recorded_orchestrations_go_on_alike(azure_python: str) -> None:
    questions = list(replays())
    azure, stand_in = both(azure_python, "answers", IN_MEMORY, questions)

    assert {question["function"] for question in questions} == set(Orchestrator)
    for question, theirs, ours in zip(questions, azure, stand_in, strict=True):
        assert theirs["ok"], theirs["error"]
        assert ours == theirs, question["function"]


def test_upload_arrives_alike(azure_python: str) -> None:
    """The library's own registry finds docflow's type and makes the same of what the host sends."""
    where = {"Connection": "DOCUMENTS_STORAGE", "ContainerName": "incoming"}
    questions = [
        {
            "function": "document_uploaded",
            "parameter": "blob",
            "content": {**where, "BlobName": name},
        }
        for name in ("letter.pdf", "2026/Zählerstand (1).pdf")
    ]
    azure, stand_in = both(azure_python, "references", IN_MEMORY, questions)

    assert azure == [
        "BlobReference('incoming', 'letter.pdf')",
        "BlobReference('incoming', '2026/Zählerstand (1).pdf')",
    ]
    assert stand_in == azure
