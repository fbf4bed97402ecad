"""What the stack tells the app, and when a user's own setting wins."""

from __future__ import annotations

import json
from pathlib import Path

from devstack.stack.app_settings import app_settings, user_choices
from devstack.stack.config import Ports, StackConfig
from docflow.settings import Settings

LOCAL = Path("/local")
USUAL = StackConfig(Ports(), LOCAL)
MOVED = StackConfig(
    Ports(functions=8071, services=8072, blob=8000, queue=8001, table=8002, rpc=8003), LOCAL
)


def test_app_is_pointed_at_this_stack() -> None:
    settings = Settings.load(app_settings(MOVED, {}))

    assert settings.azure_openai_endpoint == "http://127.0.0.1:8072"
    assert settings.document_intelligence_endpoint == "http://127.0.0.1:8072"
    assert settings.jira_url == "http://127.0.0.1:8072"
    assert settings.notification_webhook_url == "http://127.0.0.1:8072/webhook"
    assert settings.public_base_url == "http://127.0.0.1:8071"
    assert "BlobEndpoint=http://127.0.0.1:8000/" in str(settings.storage_connection)
    assert settings.temporary_folder == str(LOCAL / "tmp" / "app")


def test_every_setting_is_one_that_the_app_or_its_host_reads() -> None:
    hosts_own = {
        "AzureWebJobsStorage",
        "FUNCTIONS_WORKER_RUNTIME",
        "PYTHON_THREADPOOL_THREAD_COUNT",
    }

    assert set(app_settings(USUAL, {})) - hosts_own <= set(Settings.names())


def test_real_service_chosen_by_the_user_wins() -> None:
    chosen = {"AZURE_OPENAI_ENDPOINT": "https://example.openai.azure.com", "JIRA_USER": "me"}

    settings = app_settings(USUAL, chosen)

    assert "AZURE_OPENAI_ENDPOINT" not in settings
    assert "JIRA_USER" not in settings
    assert "JIRA_URL" in settings


def test_usual_places_of_the_sample_file_give_way_to_moved_ports() -> None:
    sample = Path(__file__).parents[2] / "local.settings.sample.json"
    chosen = json.loads(sample.read_text(encoding="utf-8"))["Values"]

    settings = {**chosen, **app_settings(MOVED, chosen)}

    assert settings["JIRA_URL"] == "http://127.0.0.1:8072"
    assert "BlobEndpoint=http://127.0.0.1:8000/" in settings["DOCUMENTS_STORAGE"]
    assert settings["AzureWebJobsStorage"] == settings["DOCUMENTS_STORAGE"]
    assert settings["TEMPORARY_FOLDER"] == str(LOCAL / "tmp" / "app")


def test_chosen_place_wins_on_moved_ports_too() -> None:
    chosen = {
        "JIRA_URL": "https://jira.example.com",
        "NOTIFICATION_WEBHOOK_URL": "",
        "TEMPORARY_FOLDER": "/fast/disk",
    }

    assert not app_settings(MOVED, chosen).keys() & chosen.keys()


def test_demo_never_leaves_this_machine() -> None:
    chosen = {
        "AZURE_OPENAI_ENDPOINT": "https://example.openai.azure.com",
        "MODEL_BASE_URL": "https://api.openai.com/v1",
        "MODEL_NAME": "gpt-5.6-luna",
        "APPLICATIONINSIGHTS_CONNECTION_STRING": "InstrumentationKey=1",
        "BLOB_TRIGGER_SOURCE": "EventGrid",
    }

    told = app_settings(USUAL, chosen, stand_ins_only=True)
    settings = Settings.load({**chosen, **told})

    assert settings.azure_openai_endpoint == "http://127.0.0.1:7072"
    assert settings.model_base_url is None
    assert settings.applicationinsights_connection_string is None
    assert settings.blob_trigger_source == "LogsAndContainerScan"


def test_environment_wins_over_the_settings_file(tmp_path: Path) -> None:
    (tmp_path / "local.settings.json").write_text(
        '{"Values": {"JIRA_USER": "file", "JIRA_PROJECT": "INBOX"}}'
    )

    assert user_choices(tmp_path, {"JIRA_USER": "shell"}) == {
        "JIRA_USER": "shell",
        "JIRA_PROJECT": "INBOX",
    }
    assert user_choices(tmp_path / "absent", {}) == {}
