"""Each import contract of pyproject.toml holds today and fails on an import that breaks it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
CONTRACTS = {contract["id"]: contract["name"] for contract in CONFIGURATION["contracts"]}

# The contract, the module that breaks it, and how.
BAD_IMPORTS = [
    ("app", "activities/ocr_page.py", "from orchestrators import journey"),
    ("app", "docflow/clients.py", "from triggers.lookup import find_entry"),
    ("docflow", "docflow/models/pages.py", "from docflow import policy"),
    ("docflow", "docflow/settings.py", "from docflow.adapters.loopback import is_loopback"),
    ("orchestrators", "orchestrators/journey.py", "from docflow.settings import current_settings"),
    ("orchestrators", "orchestrators/journey.py", "from activities.ocr_page import PAGE_REJECTED"),
    ("orchestrators", "orchestrators/deliver.py", "from docflow.clients import current_clients"),
    ("orchestrators-replay", "orchestrators/deliver.py", "import uuid"),
    ("activities", "activities/ocr_page.py", "from activities.open_ticket import open_ticket"),
    ("triggers", "triggers/stats.py", "from triggers.documents import list_documents"),
    ("pure", "docflow/policy/routes.py", "from time import time"),
    ("pure", "docflow/models/pages.py", "import os"),
    ("pure", "docflow/record/schema.py", "from azure.functions import HttpResponse"),
    ("durable", "docflow/durable/steps.py", "from docflow.settings import current_settings"),
    ("adapters", "docflow/adapters/jira.py", "from docflow.policy.retry import LONG_OUTAGE_RETRY"),
    ("ports", "activities/ocr_page.py", "from docflow.adapters.clock import SystemClock"),
    ("sdks", "docflow/llm/calls.py", "import openai"),
    ("sdks", "activities/prepare_pages.py", "import pypdfium2"),
    ("sdks", "triggers/contents.py", "from PIL import Image"),
    (
        "parser",
        "docflow/parser/formats/pdf/document.py",
        "from docflow.models.pages import PageText",
    ),
    ("product", "docflow/clients.py", "from devstack.environment.root import ROOT"),
    ("product", "triggers/uploads.py", "from samples.catalogue import SAMPLES"),
    ("fakes", "triggers/health.py", "from testkit import fakes"),
    ("stand-ins", "devstack/functions_host/host.py", "from docflow.contracts import Activity"),
    ("devstack", "devstack/client/app.py", "from docflow.models.states import Status"),
    ("development", "devstack/cli/bench.py", "from benchmarks.catalogue import SCENARIOS"),
    ("development", "devstack/cli/eval.py", "from evals.labelled import load_documents"),
    ("development", "evals/run.py", "from benchmarks.catalogue import SCENARIOS"),
    ("development", "samples/catalogue.py", "from devstack.environment.root import ROOT"),
    ("rooms", "devstack/environment/setup.py", "from devstack.cli.arguments import parser"),
    ("rooms", "devstack/stack/running.py", "from devstack.client.app import App"),
    ("rooms", "devstack/services/app.py", "from devstack.stack.config import Ports"),
    ("services", "devstack/services/jira/api.py", "from devstack.services.webhook import receiver"),
    ("services", "devstack/services/controls/api.py", "from devstack.services.jira import api"),
    ("services", "devstack/services/text/dates.py", "from devstack.services.ocr import pool"),
    ("readers", "devstack/services/ocr/pool.py", "from aiohttp import web"),
    ("bare-python", "devstack/environment/tools.py", "import requests"),
    ("bare-python", "devstack/stack/errors.py", "from rich.text import Text"),
    ("product", "activities/ocr_page.py", "from benchmarks.catalogue import SCENARIOS"),
    ("product", "activities/ocr_page.py", "from evals.labelled import load_documents"),
    ("acyclic", "devstack/stack/errors.py", "from devstack.stack.running import Stack"),
    ("host", "devstack/functions_host/host.py", "from devstack.environment.root import ROOT"),
    (
        "host-layers",
        "devstack/functions_host/engine/replay.py",
        "from devstack.functions_host.hub.client import ClientError",
    ),
    ("acyclic", "docflow/settings.py", "from docflow.clients import Clients"),
]


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what import-linter reads."""
    copy = tmp_path_factory.mktemp("layers")
    shutil.copy(ROOT / "pyproject.toml", copy)
    for package in CONFIGURATION["root_packages"]:
        shutil.copytree(
            ROOT / package,
            copy / package,
            ignore=lambda folder, names: {
                name
                for name in names
                if (Path(folder) / name).is_file() and not name.endswith(".py")
            },
        )
    return copy


def lint_imports(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = "from importlinter.cli import lint_imports_command as lint; lint()"
    return subprocess.run(
        [sys.executable, "-c", command, "--no-cache", "--no-logo", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_all_contracts_hold(sources: Path) -> None:
    answer = lint_imports(sources)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert f"{len(CONTRACTS)} kept, 0 broken" in answer.stdout


def test_every_contract_is_tried_below() -> None:
    assert {contract for contract, _, _ in BAD_IMPORTS} == CONTRACTS.keys()


@pytest.mark.parametrize(("contract", "name", "bad_import"), BAD_IMPORTS)
def test_a_bad_import_breaks_its_contract(
    sources: Path, contract: str, name: str, bad_import: str
) -> None:
    module = sources / name
    sound = module.read_text("utf-8")
    module.write_text(f"{sound}\n\ndef later() -> None:\n    {bad_import}\n", "utf-8")
    try:
        answer = lint_imports(sources, "--contract", contract)
    finally:
        module.write_text(sound, "utf-8")
    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert f"{CONTRACTS[contract]} BROKEN" in answer.stdout
