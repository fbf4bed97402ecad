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
    ("app", "docflow/intake.py", "from triggers.lookup import find_entry"),
    ("docflow", "docflow/models/reading.py", "from docflow import policy"),
    ("docflow", "docflow/settings.py", "from docflow.adapters.vendor import is_loopback"),
    ("orchestrators", "orchestrators/journey.py", "from docflow.settings import current_settings"),
    ("orchestrators", "orchestrators/journey.py", "from activities.ocr_page import PAGE_REJECTED"),
    ("orchestrators", "orchestrators/deliver.py", "from docflow.clients import current_clients"),
    ("orchestrators-replay", "orchestrators/deliver.py", "import uuid"),
    ("activities", "activities/ocr_page.py", "from activities.open_ticket import open_for"),
    ("triggers", "triggers/stats.py", "from triggers.documents import listing"),
    ("pure", "docflow/policy.py", "from time import time"),
    ("pure", "docflow/models/reading.py", "import os"),
    ("pure", "docflow/results.py", "from azure.functions import HttpResponse"),
    ("durable", "docflow/durable.py", "from docflow.settings import current_settings"),
    ("adapters", "docflow/adapters/jira.py", "from docflow.policy import PATIENT"),
    ("ports", "activities/ocr_page.py", "from docflow.adapters.clock import SystemClock"),
    ("sdks", "docflow/asking.py", "import openai"),
    ("sdks", "activities/prepare_pages.py", "import pypdfium2"),
    ("sdks", "triggers/contents.py", "from PIL import Image"),
    ("parser", "docflow/adapters/parsing/pdf.py", "from docflow.models.reading import PageText"),
    ("product", "docflow/clients.py", "from devstack.place import ROOT"),
    ("product", "triggers/uploads.py", "from samples.catalogue import SAMPLES"),
    ("fakes", "triggers/health.py", "from docflow.testing import fakes"),
    ("stand-ins", "devstack/functions_host/host.py", "from docflow.contracts import Activity"),
    ("host", "devstack/functions_host/host.py", "from devstack.place import ROOT"),
    (
        "host-layers",
        "devstack/functions_host/engine/replay.py",
        "from devstack.functions_host.hub.client import ClientError",
    ),
    ("devstack", "devstack/client.py", "from docflow.models.states import Status"),
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
