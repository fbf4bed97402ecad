"""What is deployed, how the host is set up, and what azd runs."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
DEPLOYED = [
    "activities/ocr_page.py",
    "constraints.txt",
    "docflow/adapters/jira.py",
    "docflow/llm/prompts/summary.txt",
    "docflow/policy/urgency.py",
    "function_app.py",
    "host.json",
    "orchestrators/process_document.py",
    "requirements.txt",
    "schemas/result.schema.json",
    "triggers/blob.py",
]
LEFT_OUT = [
    ".local/host.sqlite",
    ".venv/bin/python",
    "dev.py",
    "devstack/checks/settings_table.py",
    "docflow/__pycache__/models.pyc",
    "infra/main.bicep",
    "local.settings.json",
    "local.settings.sample.json",
    "requirements-dev.txt",
    "samples/letter.pdf",
    "testkit/fakes.py",
    "tests/deployment/test_package.py",
]


def ignored(name: str) -> bool:
    """Whether .funcignore leaves a file out; knows the kinds of patterns that file has."""
    lines = (ROOT / ".funcignore").read_text("utf-8").splitlines()
    patterns = [line.removesuffix("/") for line in lines if line and not line.startswith("#")]
    parts = PurePosixPath(name).parts
    return any(fnmatch(part, pattern) for part in parts for pattern in patterns)


def host_json() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((ROOT / "host.json").read_text("utf-8"))
    return content


@pytest.mark.parametrize("name", DEPLOYED)
def test_app_is_deployed(name: str) -> None:
    assert not ignored(name)


@pytest.mark.parametrize("name", LEFT_OUT)
def test_rest_stays_home(name: str) -> None:
    assert ignored(name)


def test_every_python_file_of_the_app_is_deployed() -> None:
    folders = ("activities", "docflow", "orchestrators", "triggers")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]

    assert files
    assert [path for path in files if ignored(path.relative_to(ROOT).as_posix())] == []


def test_files_that_requirements_refer_to_are_deployed() -> None:
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    references = [line.split()[1] for line in lines if line.startswith(("-c", "-r"))]

    assert references == ["constraints.txt"]
    assert not ignored(references[0])


KNOWN_TO_THE_HOST = {
    "blobs": {"maxDegreeOfParallelism", "poisonBlobThreshold"},
    "durableTask": {
        "extendedSessionIdleTimeoutInSeconds",
        "extendedSessionsEnabled",
        "hubName",
        "maxConcurrentActivityFunctions",
        "maxConcurrentEntityFunctions",
        "maxConcurrentOrchestratorFunctions",
        "maxEntityOperationBatchSize",
        "notifications",
        "overridableExistingInstanceStates",
        "storageProvider",
        "storeInputsInOrchestrationHistory",
        "tracing",
        "useGracefulShutdown",
    },
    "http": {
        "customHeaders",
        "dynamicThrottlesEnabled",
        "hsts",
        "maxConcurrentRequests",
        "maxOutstandingRequests",
        "routePrefix",
    },
    "queues": {
        "batchSize",
        "maxDequeueCount",
        "maxPollingInterval",
        "messageEncoding",
        "newBatchThreshold",
        "visibilityTimeout",
    },
}
"""The options that the extensions document. The host passes over one that it does not know."""


@pytest.mark.parametrize("extension", host_json()["extensions"])
def test_an_option_of_the_host_is_one_that_it_knows(extension: str) -> None:
    options = host_json()["extensions"][extension]

    assert options.keys() <= KNOWN_TO_THE_HOST[extension]


def test_hub_name_is_one_the_extension_takes() -> None:
    name = host_json()["extensions"]["durableTask"]["hubName"]

    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9]{2,44}", name)


def test_documents_stay_out_of_the_logs() -> None:
    tracing = host_json()["extensions"]["durableTask"]["tracing"]

    assert tracing["traceInputsAndOutputs"] is False


def test_errors_are_never_sampled_away() -> None:
    sampling = host_json()["logging"]["applicationInsights"]["samplingSettings"]

    assert "Exception" in sampling["excludedTypes"].split(";")


def test_routes_have_the_prefix_of_the_contract() -> None:
    assert host_json()["extensions"]["http"]["routePrefix"] == "api"


def test_azd_deploys_the_app_that_bicep_makes() -> None:
    azd = (ROOT / "azure.yaml").read_text("utf-8")
    host = (ROOT / "infra/modules/host.bicep").read_text("utf-8")
    service = re.search(r"^services:\n  (\w+):\n    project: \.\n", azd, re.MULTILINE)

    assert service
    assert f"'azd-service-name': '{service[1]}'" in host


def test_hooks_are_there_and_read_what_bicep_gives() -> None:
    azd = (ROOT / "azure.yaml").read_text("utf-8")
    main = (ROOT / "infra/main.bicep").read_text("utf-8")
    outputs = {*re.findall(r"^output (\w+)", main, re.MULTILINE), "AZURE_SUBSCRIPTION_ID"}
    hooks = [ROOT / path for path in re.findall(r"run: (\S+)", azd)]

    assert {path.suffix for path in hooks} == {".sh", ".ps1"}
    for hook in hooks:
        wanted = set(re.findall(r"\b[A-Z][A-Z]+_[A-Z_]+\b", hook.read_text("utf-8")))
        assert wanted <= outputs


def test_both_hooks_name_the_parameters_of_the_subscription() -> None:
    uploads = (ROOT / "infra/uploads.bicep").read_text("utf-8")
    needed = set(re.findall(r"^param (\w+) \w+$", uploads, re.MULTILINE))

    for name in ("feed-uploads.sh", "feed-uploads.ps1"):
        text = (ROOT / "infra/hooks" / name).read_text("utf-8")
        assert {each for each in needed if f"{each}=" in text} == needed


needs_sh = pytest.mark.skipif(sys.platform == "win32", reason="Windows has the hook for pwsh")


def run_hook(folder: Path, azure_cli: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the hook with a stand-in for the Azure CLI that says what it is asked."""
    sh = shutil.which("sh") or "/bin/sh"
    cli = folder / "az"
    cli.write_text(f"#!{sh}\n{azure_cli}\n", "utf-8")
    cli.chmod(0o755)
    pause = folder / "sleep"
    pause.write_text(f"#!{sh}\n", "utf-8")
    pause.chmod(0o755)
    return subprocess.run(
        [sh, str(ROOT / "infra/hooks/feed-uploads.sh")],
        env={"PATH": f"{folder}:/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


AZD_VALUES = {
    "AZURE_SUBSCRIPTION_ID": "sub",
    "AZURE_RESOURCE_GROUP": "rg",
    "AZURE_FUNCTION_APP_NAME": "func",
    "EVENT_TOPIC_NAME": "topic",
    "DOCUMENTS_ACCOUNT_NAME": "documents",
}


@needs_sh
def test_hook_waits_for_the_app_to_start(tmp_path: Path) -> None:
    tried = tmp_path / "tried"
    fails_once = f'[ -e "{tried}" ] && exit 0; touch "{tried}"; exit 1'

    done = run_hook(tmp_path, fails_once, **AZD_VALUES)

    assert done.returncode == 0
    assert "attempt 1 of 8" in done.stdout
    assert "Uploads to incoming are fed to func." in done.stdout


@needs_sh
def test_hook_gives_up_and_says_how_to_go_on(tmp_path: Path) -> None:
    done = run_hook(tmp_path, "exit 1", **AZD_VALUES)

    assert done.returncode == 1
    assert "azd hooks run postdeploy" in done.stderr


@needs_sh
def test_hook_names_what_is_missing(tmp_path: Path) -> None:
    done = run_hook(tmp_path, "exit 0")

    assert done.returncode != 0
    assert "AZURE_SUBSCRIPTION_ID" in done.stderr
