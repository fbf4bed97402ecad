"""Settings, sample file, README table and Bicep name the same settings with the same defaults."""

from __future__ import annotations

import json
import re
from pathlib import Path

from devstack.checks.settings_table import README, render_default, render_settings_table
from devstack.checks.settings_table import table_between_markers as table_in
from docflow.settings import LOCAL_KEY, LOCAL_STORAGE, Settings, TriggerSource, setting_name

ROOT = Path(__file__).parents[2]
HOST_BICEP = (ROOT / "infra/modules/host.bicep").read_text("utf-8")

# Read by the Functions host and the Python worker, not by the app.
SHARED_HOST_SETTINGS = {
    "PYTHON_THREADPOOL_THREAD_COUNT": "32",
    "AZURE_FUNCTIONS_DURABLE_STRICT_TYPING": "1",
}
LOCAL_HOST_SETTINGS = {
    "FUNCTIONS_WORKER_RUNTIME": "python",
    "AzureWebJobsStorage": LOCAL_STORAGE,
    **SHARED_HOST_SETTINGS,
}
AZURE_HOST_SETTINGS = {
    "AzureWebJobsStorage__blobServiceUri",
    "AzureWebJobsStorage__queueServiceUri",
    "AzureWebJobsStorage__tableServiceUri",
    "AzureWebJobsStorage__credential",
    "AzureWebJobsStorage__clientId",
    "DOCUMENTS_STORAGE__credential",
    "DOCUMENTS_STORAGE__clientId",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
    *SHARED_HOST_SETTINGS,
}

# Never set in Azure: the app's identity stands in their place.
REPLACED_BY_IDENTITY = {"DOCUMENTS_STORAGE", "DOCUMENT_INTELLIGENCE_KEY", "AZURE_OPENAI_KEY"}

# What the sample file gives to settings that have no default.
SAMPLE_VALUES = {
    "DOCUMENTS_STORAGE": LOCAL_STORAGE,
    "DOCUMENT_INTELLIGENCE_KEY": LOCAL_KEY,
    "AZURE_OPENAI_KEY": LOCAL_KEY,
    "JIRA_TOKEN": LOCAL_KEY,
    "NOTIFICATION_WEBHOOK_SECRET": LOCAL_KEY,
}


def defaults() -> dict[str, str]:
    return {
        setting_name(field, info.alias): render_default(field)
        for field, info in Settings.model_fields.items()
    }


def sample() -> dict[str, str]:
    content = json.loads((ROOT / "local.settings.sample.json").read_text("utf-8"))
    assert content.keys() == {"IsEncrypted", "Values"}
    values: dict[str, str] = content["Values"]
    return values


def azure_defaults() -> dict[str, str]:
    values: dict[str, str] = json.loads((ROOT / "infra/settings.json").read_text("utf-8"))
    return values


def bicep_object(name: str) -> dict[str, str]:
    """Give the properties of a variable of host.bicep; a value may go on over further lines."""
    match = re.search(rf"^var {name} = {{\n(.*?)^}}", HOST_BICEP, re.MULTILINE | re.DOTALL)
    assert match, f"host.bicep has no variable {name}"
    return dict(re.findall(r"^  (\w+): (.+)$", match[1], re.MULTILINE))


def test_sample_file_lists_every_setting() -> None:
    assert sample() == LOCAL_HOST_SETTINGS | defaults() | SAMPLE_VALUES


def test_sample_file_starts_the_app() -> None:
    settings = Settings.load(sample())

    assert settings.blob_trigger_source is TriggerSource.SCAN
    assert settings.storage_connection == LOCAL_STORAGE


def test_azure_has_every_setting_once() -> None:
    deployed, tuned = set(bicep_object("appSettings")), set(azure_defaults())

    assert deployed | tuned | REPLACED_BY_IDENTITY == set(Settings.names())
    assert not deployed & tuned
    assert not (deployed | tuned) & REPLACED_BY_IDENTITY


def test_azure_starts_from_the_defaults_of_the_code() -> None:
    assert azure_defaults() == {name: defaults()[name] for name in azure_defaults()}


def test_azure_sets_what_the_host_reads() -> None:
    settings = bicep_object("hostSettings")

    assert set(settings) == AZURE_HOST_SETTINGS
    assert {name: settings[name].strip("'") for name in SHARED_HOST_SETTINGS} == (
        SHARED_HOST_SETTINGS
    )


def test_azure_hears_of_uploads_from_event_grid() -> None:
    assert bicep_object("appSettings")["BLOB_TRIGGER_SOURCE"] == f"'{TriggerSource.EVENT_GRID}'"


def test_azure_takes_secrets_from_the_vault() -> None:
    secrets = {
        "JIRA_TOKEN": "jira-token",
        "NOTIFICATION_WEBHOOK_URL": "notification-webhook-url",
        "NOTIFICATION_WEBHOOK_SECRET": "notification-webhook-secret",
    }

    for setting, secret in secrets.items():
        value = HOST_BICEP.partition(f"  {setting}: ")[2].partition("\n  }")[0]
        value = value[: value.index(")'") + 2]
        assert f"@Microsoft.KeyVault(VaultName=${{vaultName}};SecretName={secret})" in value


def test_readme_table_is_what_the_code_says() -> None:
    text = README.read_text("utf-8") if README.exists() else ""

    assert table_in(text) == render_settings_table(), (
        "README.md does not have the settings table of the code between <!-- settings --> and"
        " <!-- /settings -->: run python -m devstack.checks.settings_table"
    )
