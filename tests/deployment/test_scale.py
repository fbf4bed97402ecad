"""How the app scales: choices that are in reach, wired to the plan, and shown to who deploys."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from docflow.settings import Settings

ROOT = Path(__file__).parents[2]
HOST = (ROOT / "infra/modules/host.bicep").read_text("utf-8")
PARAMETERS = json.loads((ROOT / "infra/main.parameters.json").read_text("utf-8"))["parameters"]
CHOICES: dict[str, int] = PARAMETERS["scale"]["value"]

# Microsoft's page on the plan: https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan
PLAN_MEMORY = {512, 2048, 4096}
PLAN_INSTANCES = range(1, 1001)


def allowed() -> dict[str, range | set[int]]:
    """Return what the type in host.bicep lets through, by choice."""
    block = re.search(r"^type scaleType = {\n(.*?)^}", HOST, re.MULTILINE | re.DOTALL)
    assert block
    found: dict[str, range | set[int]] = {}
    for part in block[1].split("\n\n"):
        assert "@description('Required. " in part
        name, kind = re.findall(r"^  (\w+): (.*)$", part, re.MULTILINE)[0]
        bounds = re.findall(r"@(?:min|max)Value\((\d+)\)", part)
        if kind == "int":
            least, most = bounds
            found[name] = range(int(least), int(most) + 1)
        else:
            found[name] = {int(value) for value in kind.split(" | ")}
    return found


def test_every_choice_is_given_and_allowed() -> None:
    assert list(allowed()) == list(CHOICES)
    for name, value in CHOICES.items():
        assert value in allowed()[name], name


def test_the_type_lets_through_what_the_plan_takes() -> None:
    assert set(allowed()["instanceMemoryMB"]) <= PLAN_MEMORY
    for name in ("maximumInstanceCount", "httpConcurrency"):
        assert allowed()[name] == PLAN_INSTANCES


def test_a_parser_fits_an_instance() -> None:
    assert CHOICES["instanceMemoryMB"] >= Settings.load({}).parser_memory_mb + 768


def test_choices_reach_the_plan() -> None:
    block = re.search(r"scaleAndConcurrency: {\n(.*?)^      }", HOST, re.MULTILINE | re.DOTALL)
    assert block
    lines = [line.strip() for line in block[1].splitlines()]

    assert lines == [
        "instanceMemoryMB: scale.instanceMemoryMB",
        "maximumInstanceCount: scale.maximumInstanceCount",
        "alwaysReady: filter(scaleGroups, each => each.instanceCount > 0)",
        "triggers: { http: { perInstanceConcurrency: scale.httpConcurrency } }",
    ]


@pytest.mark.parametrize(
    ("group", "choice"),
    [
        ("blob", "alwaysReadyForUploads"),
        ("durable", "alwaysReadyForSteps"),
        ("http", "alwaysReadyForRequests"),
    ],
)
def test_instances_are_kept_ready_for_each_group_of_triggers(group: str, choice: str) -> None:
    assert f"{{ name: '{group}', instanceCount: scale.{choice} }}" in HOST


def test_an_instance_is_always_ready_for_uploads() -> None:
    """Event Grid does not repeat what a host that is just starting refuses with 401."""
    assert CHOICES["alwaysReadyForUploads"] == 1


@pytest.mark.parametrize("name", CHOICES)
def test_the_guide_shows_every_choice_with_its_default(name: str) -> None:
    guide = (ROOT / "docs/deployment.md").read_text("utf-8")
    rows = [line for line in guide.splitlines() if line.startswith("|") and f"`{name}`" in line]

    assert len(rows) == 1
    assert re.search(rf"\| {CHOICES[name]:,}\b", rows[0]), rows[0]
