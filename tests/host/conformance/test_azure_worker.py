"""The worker library that Azure runs, and the stand-in, give the same answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from devstack.functions_host.testing import ROOT

pytestmark = pytest.mark.fidelity

APP = Path(__file__).parent / "apps" / "worker"


def ask(python: str, *arguments: str, questions: Any = None) -> Any:
    done = subprocess.run(
        [python, "-m", "devstack.functions_host.azure_worker", *arguments],
        input=json.dumps(questions),
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "AZURE_FUNCTIONS_DURABLE_STRICT_TYPING": "",
        },
    )
    answers = [line for line in done.stdout.splitlines() if line.startswith("ANSWERS ")]
    assert answers, done.stderr
    return json.loads(answers[0].removeprefix("ANSWERS "))


def string(value: str) -> dict[str, Any]:
    return {"type": "string", "value": value}


def history(*more: dict[str, Any]) -> str:
    def event(kind: int, **fields: Any) -> dict[str, Any]:
        at = "2026-01-01T00:00:00Z"
        return {"EventType": kind, "EventId": -1, "IsPlayed": False, "Timestamp": at, **fields}

    events = [event(12), event(0, Name="o", Version="", Input=None), *more]
    return json.dumps(
        {
            "history": events,
            "instanceId": "one",
            "isReplaying": False,
            "parentInstanceId": None,
            "input": None,
            "upperSchemaVersion": 1,
            "upperSchemaVersionNew": 2,
        }
    )


DONE = {"EventType": 5, "EventId": -1, "IsPlayed": False, "Timestamp": "2026-01-01T00:00:01Z"}
SCHEDULED = {**DONE, "EventType": 4, "EventId": 0, "Name": "sync_activity"}
CLIENT = json.dumps(
    {
        "taskHubName": "hub",
        "creationUrls": {},
        "managementUrls": {"id": "INSTANCEID", "statusQueryGetUri": "http://x/INSTANCEID"},
        "rpcBaseUrl": "http://127.0.0.1:1/durabletask/",
    }
)
HTTP = {
    "type": "http",
    "value": {
        "method": string("POST"),
        "url": string("http://localhost/api/x/7?q=1"),
        "headers": {"x-test": string("header")},
        "query": {"q": string("1")},
        "params": {"id": string("7")},
        "body": {"type": "bytes", "value": '{"a": 1}'},
    },
}
BLOB_METADATA = {
    "BlobTrigger": string("in/a.txt"),
    "Uri": {"type": "json", "value": '"http://x/in/a.txt"'},
    "Properties": {"type": "json", "value": '{"ContentLength": 5}'},
    "Metadata": {"type": "json", "value": '{"k": "v"}'},
}
CONTENT = {"type": "bytes", "value": "hello"}
COIN = '{"__class__": "Coin", "__module__": "function_app", "__data__": 4}'


def timer(past_due: bool) -> dict[str, Any]:
    return {"type": "json", "value": json.dumps({"IsPastDue": past_due})}


def question(function: str, parameter: str, spec: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"function": function, "inputs": {parameter: spec}, **more}


QUESTIONS = [
    question("sync_activity", "value", string('{"a": [1, 2.5, null]}')),
    question("sync_activity", "value", string("not json")),
    question("async_activity", "value", string("null")),
    question("coin_activity", "coin", string(COIN)),
    question("failing_activity", "value", string('"k"')),
    question("unserialisable_activity", "value", string("1")),
    question("orchestrator", "context", string(history())),
    question(
        "orchestrator",
        "context",
        string(history(SCHEDULED, {**DONE, "TaskScheduledId": 0, "Result": '{"b":2}'})),
    ),
    question(
        "failing_orchestrator",
        "context",
        string(history(SCHEDULED, {**DONE, "TaskScheduledId": 0, "Result": "1"})),
    ),
    question("http_response", "req", HTTP),
    question("http_text", "req", HTTP),
    question("http_failing", "req", HTTP),
    {"function": "http_client", "inputs": {"req": HTTP, "client": string(CLIENT)}},
    question("timed", "timer", timer(past_due=True)),
    question("timed", "timer", timer(past_due=False)),
    question("timed_with_result", "timer", timer(past_due=True)),
    question("blob_stream", "content", CONTENT, metadata=BLOB_METADATA),
    question("blob_bytes", "content", CONTENT, metadata=BLOB_METADATA),
]


def test_each_kind_of_function_answers_the_same(azure_python: str) -> None:
    theirs = ask(azure_python, "azure", "answers", str(APP), questions=QUESTIONS)
    ours = ask(sys.executable, "stand-in", "answers", str(APP), questions=QUESTIONS)
    assert len(theirs) == len(QUESTIONS)
    for asked, azure, stand_in in zip(QUESTIONS, theirs, ours, strict=True):
        assert stand_in == azure, asked["function"]


HEAD = """
import azure.functions as func
import azure.durable_functions as df
from typing import Any, Dict, List, Optional, Union
app = df.DFApp()
"""
ACTIVITY = "@app.activity_trigger(input_name='x')\ndef a(x{}): pass"


CODES = [
    *(
        ACTIVITY.format(annotation)
        for annotation in (
            "",
            ": dict",
            ": Any",
            ": List[int]",
            ": Dict[str, int]",
            ": Optional[dict]",
            ": dict | None",
            ": Union[int, str]",
            ": dict[str, int]",
            ": list[int]",
            ", y",
            ", context",
            ", context: func.Context",
            ", context: int",
        )
    ),
    "@app.activity_trigger(input_name='x')\ndef a(y): pass",
    "@app.orchestration_trigger(context_name='ctx')\ndef o(ctx): yield",
    "@app.orchestration_trigger(context_name='context')\ndef o(context): yield",
    "@app.route()\ndef h(req: int) -> str: return ''",
    "@app.route()\ndef h(req: func.HttpRequest) -> int: return 1",
    "@app.route()\ndef h(req: func.HttpRequest) -> Optional[str]: return ''",
    "@app.timer_trigger(arg_name='t', schedule='* * * * * *')\ndef t(t: str): pass",
    "@app.timer_trigger(arg_name='t', schedule='* * * * * *')\ndef t(t: int): pass",
    "@app.blob_trigger(arg_name='b', path='in/x', connection='X')\ndef b(b: int): pass",
    "other = df.DFApp()",
    "app = None",
]


def test_the_same_apps_are_refused_for_the_same_reasons(azure_python: str, tmp_path: Path) -> None:
    folders = []
    for number, code in enumerate(CODES):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "function_app.py").write_text(HEAD + code, encoding="utf-8")
        folders.append(str(folder))
    theirs = ask(azure_python, "azure", "refusals", *folders)
    ours = ask(sys.executable, "stand-in", "refusals", *folders)
    for code, azure, stand_in in zip(CODES, theirs, ours, strict=True):
        assert (stand_in is None) == (azure is None), (code, azure, stand_in)
        if azure is not None and "cannot load" in azure:
            assert stand_in[:40] == azure[:40], code
