"""The app's settings on a local stack: the one place that maps addresses to names of settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from devstack.stack.config import Ports, StackConfig


def app_settings(
    config: StackConfig, chosen: Mapping[str, str], *, stand_ins_only: bool = False
) -> dict[str, str]:
    """Return the settings that the stack gives to the app.

    A user's own choice wins, so that one part of the stack can be the real service. What names the
    usual place of a part whose port was moved is no choice: it is the sample file, copied.

    Args:
        config: Where the stack listens, and where it keeps files.
        chosen: The user's own settings, from the environment and `local.settings.json`.
        stand_ins_only: Never leave this machine, whatever the user has chosen.
    """
    usual = _places(Ports(), "")
    places = _places(config.ports, str(config.temporary / "app"))
    settings = {**_DEFAULTS, **places}
    if stand_ins_only:
        return {**settings, **_NOTHING_LEAVES}
    given = {
        name
        for name, value in chosen.items()
        if name not in places or value.rstrip("/") not in (usual[name], _EMULATOR)
    }
    return {name: settings[name] for name in settings if name not in given}


def user_choices(app: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the settings a user has made for the app; the environment wins over the file."""
    try:
        local = json.loads((app / "local.settings.json").read_text(encoding="utf-8-sig"))
        values = {str(name): str(value) for name, value in local.get("Values", {}).items()}
    except (OSError, ValueError, AttributeError):
        values = {}  # absent, or the host says best what is wrong with it
    return {**values, **environ}


_DEFAULTS = {
    "FUNCTIONS_WORKER_RUNTIME": "python",
    # In Azure a step is tried for minutes; at a desk one wants to see soon what a fault leads to.
    "RETRY_ATTEMPTS": "5",
    "RETRY_FIRST_SECONDS": "1",
    "RETRY_MAX_SECONDS": "8",
    "PYTHON_THREADPOOL_THREAD_COUNT": "32",
    "JIRA_USER": "dev@example.com",
    "JIRA_TOKEN": "local-development",
    "BLOB_TRIGGER_SOURCE": "LogsAndContainerScan",
}
_EMULATOR = "UseDevelopmentStorage=true"
_NOTHING_LEAVES = {"APPLICATIONINSIGHTS_CONNECTION_STRING": "", "MODEL_BASE_URL": ""}


def _places(ports: Ports, temporary: str) -> dict[str, str]:
    return {
        "TEMPORARY_FOLDER": temporary,
        "AzureWebJobsStorage": ports.storage,
        "DOCUMENTS_STORAGE": ports.storage,
        "DOCUMENT_INTELLIGENCE_ENDPOINT": ports.services_url,
        "AZURE_OPENAI_ENDPOINT": ports.services_url,
        "JIRA_URL": ports.services_url,
        "NOTIFICATION_WEBHOOK_URL": f"{ports.services_url}/webhook",
        "PUBLIC_BASE_URL": ports.app_url,
    }
