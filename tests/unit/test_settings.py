from __future__ import annotations

import pytest

from docflow.errors import ConfigurationError
from docflow.models.documents import FlowSettings, RetryPolicy
from docflow.models.states import OcrMode
from docflow.settings import LOCAL_SERVICES, LOCAL_STORAGE, Settings, TriggerSource

BAD = {
    "DOCUMENT_INTELLIGENCE_ENDPOINT": "nowhere",
    "JIRA_URL": "ftp://tickets.example.com",
    "NOTIFICATION_WEBHOOK_URL": "hooks.example.com/T1/secret-path",
    "BLOB_TRIGGER_SOURCE": "Magic",
    "MAX_DOCUMENT_PAGES": "0",
    "OCR_TIMEOUT_SECONDS": "soon",
    "MIN_READABLE_PAGES": "1.5",
    "RETRY_FIRST_SECONDS": "-1",
    "LOG_LEVEL": "LOUD",
    "DOCUMENTS_STORAGE__blobServiceUri": "account",
    "DOCUMENTS_STORAGE": "nonsense",
    "AZURE_CLIENT_ID": "not a client id",
    "AZURE_OPENAI_DEPLOYMENT": "gpt/4o",
    "AZURE_OPENAI_API_VERSION": "latest one",
    "MODEL_BASE_URL": "localhost:11434",
    "MODEL_NAME": "a model",
    "MODEL_REASONING_EFFORT": "A little",
    "MODEL_TEMPERATURE": "3",
    "JIRA_PROJECT": "no such key",
    "USD_PER_1000_OCR_PAGES": "inf",
}
KEY = "a-secret-key-4711"
SECRETS = {
    "DOCUMENTS_STORAGE": f"AccountName=a;AccountKey={KEY};",
    "DOCUMENT_INTELLIGENCE_KEY": KEY,
    "AZURE_OPENAI_KEY": KEY,
    "MODEL_KEY": KEY,
    "JIRA_TOKEN": KEY,
    "NOTIFICATION_WEBHOOK_SECRET": KEY,
    "NOTIFICATION_WEBHOOK_URL": f"https://hooks.example.com/{KEY}",
    "APPLICATIONINSIGHTS_CONNECTION_STRING": f"InstrumentationKey={KEY}",
}


def test_a_server_needs_the_name_of_its_model() -> None:
    with pytest.raises(ConfigurationError, match="MODEL_NAME: missing"):
        Settings.load({"MODEL_BASE_URL": "http://localhost:11434/v1"})


def test_the_model_of_a_server_comes_before_a_deployment_in_azure() -> None:
    server = {"MODEL_BASE_URL": "http://localhost:11434/v1", "MODEL_NAME": "llama3.2:3b"}

    assert Settings.load({}).model == "gpt-5.6-luna"
    assert Settings.load({"AZURE_OPENAI_DEPLOYMENT": "triage"}).model == "triage"
    assert Settings.load({**server, "AZURE_OPENAI_DEPLOYMENT": "triage"}).model == "llama3.2:3b"


def test_an_empty_environment_gives_settings_for_a_laptop() -> None:
    settings = Settings.load({})

    assert settings.storage_connection == LOCAL_STORAGE
    assert settings.azure_openai_endpoint == LOCAL_SERVICES
    assert settings.notification_webhook_url == f"{LOCAL_SERVICES}/webhook"
    assert settings.blob_trigger_source is TriggerSource.SCAN


def test_every_setting_can_be_left_empty() -> None:
    empty = Settings.load(dict.fromkeys(Settings.names(), " "))

    assert empty.notification_webhook_url is None
    default = Settings.load({})
    off = {"notification_webhook_url": None, "jira_priority": ""}
    assert empty == default.model_copy(update=off)


def test_calls_through_the_gateway_need_an_address_for_links() -> None:
    gateway = {"JIRA_URL": "https://api.atlassian.com/ex/jira/1-2-3"}

    with pytest.raises(ConfigurationError, match="JIRA_BROWSE_URL: missing"):
        Settings.load(gateway)
    site = {"JIRA_BROWSE_URL": "https://example.atlassian.net/"}
    assert Settings.load({**gateway, **site}).jira_browse_url == "https://example.atlassian.net"


def test_all_settings_that_are_wrong_are_named_together() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.load(BAD)

    assert [name for name in BAD if name not in caught.value.message] == []
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("name", BAD)
def test_one_setting_that_is_wrong_is_named_alone(name: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.load({name: BAD[name]})

    named = [other for other in Settings.names() if f"{other}:" in caught.value.message]
    assert named == [name]


@pytest.mark.parametrize(
    "connection",
    [
        "UseDevelopmentStorage=true;",
        "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=a2V5==;EndpointSuffix=x.net",
        "BlobEndpoint=https://a.example.com;SharedAccessSignature=sv=2026&sig=%3D",
    ],
)
def test_every_form_of_a_connection_string_is_taken(connection: str) -> None:
    assert Settings.load({"DOCUMENTS_STORAGE": connection}).storage_connection == connection


@pytest.mark.parametrize(
    "connection", ["AccountName=a", "AccountKey=a2V5", "AccountName=a;AccountKey=", "=;=", ";"]
)
def test_a_connection_string_that_lacks_something_is_refused(connection: str) -> None:
    with pytest.raises(ConfigurationError, match=r"DOCUMENTS_STORAGE: .* must contain AccountName"):
        Settings.load({"DOCUMENTS_STORAGE": connection})


def test_the_message_does_not_repeat_the_values() -> None:
    wrong = dict.fromkeys(BAD, f"not right {KEY}")

    with pytest.raises(ConfigurationError) as caught:
        Settings.load(wrong)

    assert KEY not in str(caught.value)


def test_secrets_stay_out_of_what_settings_look_like() -> None:
    settings = Settings.load(SECRETS)

    assert KEY not in repr(settings)
    assert KEY not in str(settings)


def test_secrets_are_there_for_those_who_ask() -> None:
    settings = Settings.load(SECRETS)

    assert settings.jira_token is not None
    assert settings.jira_token.get_secret_value() == KEY
    assert settings.storage_connection == SECRETS["DOCUMENTS_STORAGE"]


@pytest.mark.parametrize(
    "reference",
    [
        "@Microsoft.KeyVault(VaultName=kv-docflow;SecretName=jira-token)",
        " @microsoft.keyvault(SecretUri=https://kv-docflow.vault.azure.net/secrets/jira-token) ",
    ],
)
@pytest.mark.parametrize("name", [*SECRETS, "JIRA_USER", "JIRA_CANCEL_TRANSITION"])
def test_a_reference_that_was_not_resolved_is_a_missing_setting(name: str, reference: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.load({name: reference})

    message = caught.value.message
    assert message.startswith("settings are missing")
    assert [each for each in Settings.names() if f" {each} " in message] == [name]
    assert "Key Vault Secrets User" in message
    assert "jira-token" not in message


def test_references_that_were_not_resolved_are_named_together() -> None:
    reference = "@Microsoft.KeyVault(VaultName=v;SecretName=s)"

    with pytest.raises(ConfigurationError, match="JIRA_TOKEN, NOTIFICATION_WEBHOOK_SECRET was not"):
        Settings.load(dict.fromkeys(["JIRA_TOKEN", "NOTIFICATION_WEBHOOK_SECRET"], reference))


def test_storage_by_identity_takes_no_connection_string() -> None:
    services = ("blob", "queue", "table")
    uris = {
        f"DOCUMENTS_STORAGE__{service}ServiceUri": f"https://a.{service}.example.com/"
        for service in services
    }

    settings = Settings.load(uris)

    assert settings.storage_connection is None
    assert settings.documents_storage__queue_service_uri == "https://a.queue.example.com"


def test_an_identity_with_some_addresses_missing_names_them() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.load({"DOCUMENTS_STORAGE__blobServiceUri": "https://a.blob.example.com"})

    assert "DOCUMENTS_STORAGE__queueServiceUri" in caught.value.message
    assert "DOCUMENTS_STORAGE__tableServiceUri" in caught.value.message
    assert "DOCUMENTS_STORAGE__blobServiceUri" not in caught.value.message


def test_addresses_lose_their_trailing_slash() -> None:
    assert Settings.load({"JIRA_URL": "https://j.example.com/"}).jira_url == "https://j.example.com"


def test_values_are_taken_without_the_blanks_around_them() -> None:
    assert Settings.load({"JIRA_PROJECT": " OPS "}).jira_project == "OPS"


def test_the_flow_gets_its_settings_once_in_its_input() -> None:
    environment = {
        "RETRY_ATTEMPTS": "3",
        "RETRY_FIRST_SECONDS": "0.5",
        "RETRY_MAX_SECONDS": "9",
        "PAGES_PER_RANGE": "7",
        "SUMMARY_PART_CHARACTERS": "5000",
        "MIN_READABLE_PAGES": "0.25",
        "APPROVAL_TIMEOUT_SECONDS": "100",
        "APPROVAL_REMINDER_SECONDS": "40",
        "APPROVAL_ESCALATION_SECONDS": "80",
        "OCR_MODE": "never",
        "PAGES_IN_FLIGHT": "9",
    }

    assert Settings.load(environment).flow() == FlowSettings(
        retry=RetryPolicy(attempts=3, first_seconds=0.5, max_seconds=9),
        ocr_mode=OcrMode.NEVER,
        pages_per_range=7,
        pages_in_flight=9,
        summary_part_characters=5_000,
        min_readable_share=0.25,
        approval_timeout_seconds=100,
        approval_reminder_seconds=40,
        approval_escalation_seconds=80,
    )


def test_settings_without_values_give_the_flow_its_own_defaults() -> None:
    assert Settings.load({}).flow() == FlowSettings()
