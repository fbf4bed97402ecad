"""The base URL of a model, from what people copy out of portals and manuals."""

from __future__ import annotations

import pytest

from docflow.adapters.model.address import ModelAddress, azure_address, compatible_address

RESOURCE = "https://oai-1.openai.azure.com"
V1 = ModelAddress(f"{RESOURCE}/openai/v1", azure=True, keeps_answers=True)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/openai",
        "/openai/",
        "/openai/v1",
        "/openai/v1/",
        "/openai/v1/chat/completions",
        "/openai/v1/responses",
        "/openai/responses?api-version=2025-04-01-preview",
        "/openai/deployments/triage/chat/completions?api-version=2025-01-01-preview",
        "/api/projects/docflow",
        "/api/projects/docflow/openai/v1",
        "/models",
    ],
)
def test_every_address_of_a_resource_leads_to_its_v1_api(path: str) -> None:
    assert azure_address(RESOURCE + path, "triage") == V1
    assert compatible_address(RESOURCE + path) == V1


def test_a_gateway_keeps_its_path() -> None:
    address = azure_address("https://api.example.com/team-a/openai/v1", "triage")

    assert address.base_url == "https://api.example.com/team-a/openai/v1"


def test_a_base_url_of_another_server_is_taken_as_it_is() -> None:
    address = azure_address("http://localhost:8000/v1/", "triage")

    assert address.base_url == "http://localhost:8000/v1"


def test_a_version_leads_to_the_deployment_of_the_older_api() -> None:
    assert azure_address(f"{RESOURCE}/openai/v1", "triage", "2024-10-21") == ModelAddress(
        f"{RESOURCE}/openai/deployments/triage", {"api-version": "2024-10-21"}, azure=True
    )


@pytest.mark.parametrize(
    ("setting", "base_url"),
    [
        ("http://localhost:11434", "http://localhost:11434/v1"),
        ("http://localhost:11434/v1/", "http://localhost:11434/v1"),
        ("http://localhost:8000/v1/chat/completions", "http://localhost:8000/v1"),
        ("https://openrouter.ai/api/v1", "https://openrouter.ai/api/v1"),
        ("https://g.example.com/v1beta/openai/", "https://g.example.com/v1beta/openai"),
    ],
)
def test_a_compatible_server_is_asked_at_its_base_url(setting: str, base_url: str) -> None:
    assert compatible_address(setting) == ModelAddress(base_url)


def test_openai_is_told_not_to_keep_answers() -> None:
    assert compatible_address("https://api.openai.com/v1").keeps_answers
