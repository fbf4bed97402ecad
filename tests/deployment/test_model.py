"""The deployment of the model: parameters that agree with each other and with the app."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from docflow.settings import Settings

INFRA = Path(__file__).parents[2] / "infra"
INTELLIGENCE = (INFRA / "modules/intelligence.bicep").read_text("utf-8")
CHOICES = ("name", "version", "location", "sku", "capacity", "reasoningEffort")


def bicep_defaults() -> dict[str, str]:
    block = re.search(
        r"^param model modelType = {\n(.*?)^}",
        (INFRA / "main.bicep").read_text("utf-8"),
        re.M | re.S,
    )
    assert block
    return {name: value.strip("'") for name, value in re.findall(r"(\w+): (.*)", block[1])}


def azd_values() -> dict[str, object]:
    parameters = json.loads((INFRA / "main.parameters.json").read_text("utf-8"))["parameters"]
    values: dict[str, object] = parameters["model"]["value"]
    return values


def test_the_defaults_of_azd_are_those_of_bicep() -> None:
    shown = {
        name: re.sub(r"\$\{\w+=?(.*)\}", r"\1", str(value)) for name, value in azd_values().items()
    }

    assert tuple(shown) == CHOICES
    assert shown == bicep_defaults()


@pytest.mark.parametrize("name", ["name", "version", "sku"])
def test_another_model_is_three_settings(name: str) -> None:
    assert re.fullmatch(r"\$\{AZURE_OPENAI_MODEL\w*=[\w.-]+\}", str(azd_values()[name]))


def test_the_app_expects_the_model_that_is_deployed() -> None:
    settings = Settings.load({})

    assert settings.azure_openai_deployment == bicep_defaults()["name"]
    assert settings.usd_per_million_prompt_tokens == 0.2
    assert settings.usd_per_million_completion_tokens == 1.2


def test_no_model_is_upgraded_under_a_running_app() -> None:
    assert re.findall(r"versionUpgradeOption: '(\w+)'", INTELLIGENCE) == ["NoAutoUpgrade"]


def test_the_model_can_still_be_deployed() -> None:
    """Models that Azure refuses to deploy anew: `ServiceModelDeprecating`, since March 2026."""
    assert not bicep_defaults()["name"].startswith(("gpt-3", "gpt-4", "o1", "o3", "o4"))
