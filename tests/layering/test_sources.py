"""Rules of the layers that no import shows: environment, clock, sizes, what history holds."""

from __future__ import annotations

import ast
import importlib
import os
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, UnionType
from typing import Annotated, Union, get_args, get_origin, get_type_hints

import pytest
from pydantic import BaseModel

import activities
import orchestrators
from docflow.models.documents import DocumentRequest
from docflow.models.outputs import ModelAnswer
from docflow.models.pages import PageText, Word
from docflow.models.payloads import Payload, Record
from docflow.models.usage import ModelCall

ROOT = Path(__file__).parents[2]
APP = ("docflow", "orchestrators", "activities", "triggers")
FUNCTION_APP = ROOT / "function_app.py"
MOST_LINES = 40

READS_THE_ENVIRONMENT = {
    "docflow/settings.py",
    "docflow/durable/sdk_workarounds.py",  # one switch of the SDK, set when the app is built
    "docflow/adapters/parser/process.py",  # passes PATH and the like on to the parser process
}
SDKS = ("azure.storage", "azure.data", "azure.ai", "azure.identity")
CLOCKS_AND_DICE = {
    "now",
    "utcnow",
    "today",
    "time",
    "monotonic",
    "sleep",
    "uuid1",
    "uuid4",
    "random",
}


def sources(*packages: str) -> list[Path]:
    return sorted(path for package in packages for path in (ROOT / package).rglob("*.py"))


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(tree: ast.AST) -> Iterator[str]:
    """The dotted names of what a module imports, and of what it takes out of it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def lint(code: str, name: str) -> str:
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--select", "TID251", "-"]
    return subprocess.run(
        [*command, "--output-format", "concise", "--stdin-filename", str(ROOT / name)],
        cwd=ROOT,
        input=code,
        capture_output=True,
        text=True,
        check=False,
    ).stdout


@pytest.mark.parametrize(
    "code",
    [
        "import os\nos.environ['JIRA_URL']",
        "import os\nos.getenv('JIRA_URL')",
        "import time\ntime.time()",
        "from random import random",
        "import uuid\nuuid.uuid4()",
        "import datetime\ndatetime.datetime.now()",
        "from azure.storage.blob import BlobServiceClient",
        "from azure.data.tables import TableClient",
        "from azure.ai.formrecognizer import DocumentAnalysisClient",
        "from azure.identity import DefaultAzureCredential",
        "from openai import AzureOpenAI",
    ],
)
def test_the_linter_refuses_what_belongs_elsewhere(code: str) -> None:
    for name in ("orchestrators/deliver.py", "activities/ocr_page.py", "docflow/work/folder.py"):
        assert "TID251" in lint(code, name)


def test_the_linter_lets_settings_read_the_environment() -> None:
    assert "TID251" not in lint("import os\nos.environ['JIRA_URL']", "docflow/settings.py")


def test_the_environment_is_read_in_one_place() -> None:
    reading = {
        name_of(path)
        for path in [*sources(*APP), FUNCTION_APP]
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    }
    assert reading == READS_THE_ENVIRONMENT


def test_azure_sdks_are_imported_by_adapters_alone() -> None:
    outside = {
        f"{name_of(path)}: {name}"
        for path in [*sources(*APP), FUNCTION_APP]
        if "docflow/adapters/" not in name_of(path)
        for name in imported(tree_of(path))
        if name.startswith(SDKS)
    }
    assert outside == set()


def test_no_ban_is_lifted_line_by_line() -> None:
    lifted = [
        name_of(path)
        for path in [*sources(*APP), FUNCTION_APP]
        if "TID251" in path.read_text("utf-8")
    ]
    assert lifted == []


def test_the_function_app_only_puts_things_together() -> None:
    known = {
        "azure.durable_functions",
        "azure.functions",
        "activities",
        "orchestrators",
        "triggers",
        "docflow.clients",
        "docflow.durable.sdk_workarounds",
        "docflow.durable.sdk_workarounds.require_strict_typing",
        "docflow.telemetry",
        "docflow.settings.current_settings",
        "triggers.threads",
        "triggers.threads.shorten_turns",
    }
    names = set(imported(tree_of(FUNCTION_APP))) - {"docflow", "docflow.settings"}
    assert {name for name in names if not name.startswith("__future__")} == known
    assert len(FUNCTION_APP.read_text("utf-8").splitlines()) < 100


@pytest.mark.parametrize("path", sources("orchestrators"), ids=name_of)
def test_orchestrators_read_no_clock_and_throw_no_dice(path: Path) -> None:
    used = {
        node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name)
    }
    assert used & {*CLOCKS_AND_DICE, "open", "print", "input"} == set()


@pytest.mark.parametrize("path", sources("orchestrators"), ids=name_of)
def test_orchestrators_stay_readable(path: Path) -> None:
    long = {
        node.name: lines
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef) and (lines := lines_of_body(node)) > MOST_LINES
    }
    assert long == {}


def lines_of_body(function: ast.FunctionDef) -> int:
    """The lines of a function after its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


IMPORT_EVERYTHING = """
import importlib, pkgutil, sys

def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        raise RuntimeError(f"{event} at import: {arguments!r}")

sys.addaudithook(refuse)
imported = 0
for package in map(importlib.import_module, sys.argv[1:]):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
        imported += 1
print(imported)
"""


def test_no_module_reads_settings_or_connects_when_imported() -> None:
    wrong_settings = {"JIRA_URL": "nowhere", "LOG_LEVEL": "LOUD", "DOCUMENTS_STORAGE": "nonsense"}
    answer = subprocess.run(
        [sys.executable, "-c", IMPORT_EVERYTHING, *APP],
        cwd=ROOT,
        env={**os.environ, **wrong_settings, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert int(answer.stdout) > 70


# What history holds.

TEXTS = {"text", "content", "body", "quote", "answer", "prompt", "words", "bullets", "transcript"}
NEVER_IN_HISTORY = (PageText, Word, ModelCall, ModelAnswer, Record)


def modules_of(package: ModuleType) -> list[ModuleType]:
    return [
        importlib.import_module(f"{package.__name__}.{module.name}")
        for module in pkgutil.iter_modules(package.__path__)
    ]


def payloads_of_activities() -> Iterator[type[BaseModel]]:
    """What goes into the activities, and what comes out of them."""
    for module in modules_of(activities):
        hints = get_type_hints(getattr(module, module.__name__.rpartition(".")[2]))
        request, *_ = hints.values()
        yield request
        yield hints["return"]


def payloads_of_orchestrators() -> Iterator[type[BaseModel]]:
    """The payloads that orchestrators name: inputs, results, and what they are built from."""
    for module in modules_of(orchestrators):
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Payload) and value is not Payload:
                yield value


def models_within(annotation: object) -> Iterator[type[BaseModel]]:
    origin = get_origin(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif origin in {Union, UnionType, Annotated, list, dict, tuple}:
        for part in get_args(annotation):
            yield from models_within(part)


def reached_from(roots: Iterator[type[BaseModel]]) -> set[type[BaseModel]]:
    """The models, and all that their fields lead to."""
    reached: set[type[BaseModel]] = set()
    waiting = list(roots)
    while waiting:
        model = waiting.pop()
        if model not in reached:
            reached.add(model)
            for field in model.model_fields.values():
                waiting += models_within(field.annotation)
    return reached


def carried_texts(found: set[type[BaseModel]]) -> set[str]:
    """Fields that would put what a document says into history."""
    fields = {
        f"{model.__name__}.{name}"
        for model in found
        for name, field in model.model_fields.items()
        if name in TEXTS and not list(models_within(field.annotation))
    }
    return fields | {model.__name__ for model in found if issubclass(model, NEVER_IN_HISTORY)}


def test_history_carries_references_and_counts_not_texts() -> None:
    activity_payloads = set(payloads_of_activities())
    assert len(activity_payloads) >= 19
    found = reached_from(iter([*activity_payloads, *payloads_of_orchestrators()]))
    assert DocumentRequest in found
    assert carried_texts(found) == set()


def test_a_text_in_a_payload_would_be_noticed() -> None:
    class Leaky(Payload):
        page: PageText | None = None
        quote: str = ""

    found = reached_from(iter([Leaky]))
    assert carried_texts(found) == {"Leaky.quote", "PageText", "PageText.text", "Word", "Word.text"}
