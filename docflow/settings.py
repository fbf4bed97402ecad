"""All settings, read from the app settings (environment variables).

Every setting has a default for local development. `Settings.load()` is called when the app is
built and checks all settings at once. Nothing else reads the environment.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, SecretStr, ValidationError
from pydantic.functional_validators import AfterValidator, BeforeValidator, model_validator

from docflow.errors import ConfigurationError
from docflow.models.documents import FlowSettings, RetryPolicy
from docflow.models.states import OcrMode
from docflow.models.usage import Prices
from docflow.platform import Platform

LOCAL_SERVICES = "http://127.0.0.1:7072"
LOCAL_STORAGE = "UseDevelopmentStorage=true"
JIRA_GATEWAY = "api.atlassian.com"
"""Host for calls of Jira Cloud with a token that has scopes; it serves no pages for people."""
HOST_BODY_BYTES = 104_857_600
"""The Functions host ends the connection of a larger request, before the app sees it."""
FORM_OVERHEAD_BYTES = 64 * 1024
"""Most bytes of a multipart form in addition to its file."""
LOCAL_KEY = "local-development"
"""Key for the local stand-ins if none is set; they accept any key."""

API_VERSION = r"^\d{4}-\d{2}-\d{2}(-preview)?$"


class TriggerSource(StrEnum):
    """How uploads are detected: by a scan of the container, or by an Event Grid subscription."""

    SCAN = "LogsAndContainerScan"
    EVENT_GRID = "EventGrid"


def _url(value: str) -> str:
    HttpUrl(value)
    return value.rstrip("/")


def _optional_url(value: str | None) -> str | None:
    return _url(value) if value else None


def _connection(value: str | None) -> str | None:
    """Check a connection string; it is a secret, so no message quotes it."""
    if value is None or value.strip(";") == LOCAL_STORAGE:
        return value
    parts = dict(part.partition("=")[::2] for part in value.split(";"))
    access = parts.get("AccountKey") or parts.get("SharedAccessSignature")
    if not access or not (parts.get("AccountName") or parts.get("BlobEndpoint")):
        raise ValueError("must contain AccountName or BlobEndpoint, and a key or signature")
    return value


def _below_the_host(value: int) -> int:
    most = HOST_BODY_BYTES - FORM_OVERHEAD_BYTES
    if value > most:
        raise ValueError(
            f"must be at most {most}: the Functions host ends larger requests before the app can "
            "answer them; upload larger files to the container incoming"
        )
    return value


def _listed(value: str) -> tuple[str, ...]:
    return tuple(filter(None, (each.strip() for each in value.split(","))))


def _origins(value: str) -> str:
    for origin in _listed(value):
        if not re.fullmatch(
            r"https?://[\w.-]+(:\d{1,5})?|https?://\[[\da-f:]+\](:\d{1,5})?", origin
        ):
            raise ValueError("must be origins such as https://portal.example.com, without a path")
    return value


def _hosts(value: str) -> str:
    for host in _listed(value):
        if not re.fullmatch(r"[\w.-]+|[\da-fA-F:]+", host):
            raise ValueError("must be host names such as docflow.test, without scheme and port")
    return value


def _client_id(value: str | None) -> str | None:
    return str(UUID(value)) if value else None


Url = Annotated[str, AfterValidator(_url)]
OptionalUrl = Annotated[str | None, AfterValidator(_optional_url)]
Secret = Annotated[SecretStr | None, BeforeValidator(lambda value: value or None)]
OptionalText = Annotated[str | None, BeforeValidator(lambda value: value or None)]


class Settings(BaseModel):
    """The settings of the app; each field is the setting of the same name in upper case."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    # storage
    documents_storage: Annotated[OptionalText, AfterValidator(_connection)] = Field(
        None, repr=False
    )
    """Connection string of the storage account for documents. Leave it out if you set
    `DOCUMENTS_STORAGE__blobServiceUri`, `__queueServiceUri` and `__tableServiceUri`."""
    documents_storage__blob_service_uri: OptionalUrl = Field(
        None, alias="DOCUMENTS_STORAGE__blobServiceUri"
    )
    """Blob endpoint of the account for documents, used with the app's identity."""
    documents_storage__queue_service_uri: OptionalUrl = Field(
        None, alias="DOCUMENTS_STORAGE__queueServiceUri"
    )
    """Queue endpoint of the account for documents, used with the app's identity."""
    documents_storage__table_service_uri: OptionalUrl = Field(
        None, alias="DOCUMENTS_STORAGE__tableServiceUri"
    )
    """Table endpoint of the account for documents, used with the app's identity."""
    azure_client_id: Annotated[OptionalText, AfterValidator(_client_id)] = None
    """Client id of the user-assigned identity. Leave it out for a system-assigned identity."""
    blob_trigger_source: TriggerSource = TriggerSource.SCAN
    """How uploads are detected: `LogsAndContainerScan` locally, `EventGrid` in Azure."""

    # reading
    document_intelligence_endpoint: Url = LOCAL_SERVICES
    """Endpoint of Document Intelligence."""
    document_intelligence_key: Secret = None
    """Key of Document Intelligence. Without a key, the app's identity is used."""
    ocr_mode: OcrMode = OcrMode.AUTO
    """Which pages are sent to OCR: `auto` those without a usable text layer, `always` all that are
    not empty, `never` none."""
    ocr_timeout_seconds: int = Field(120, ge=1, le=1_800)
    """Longest wait for the OCR of one page."""
    ocr_requests_per_second: float = Field(15, ge=0, le=10_000)
    """Most pages per second that all instances of the app together send to OCR. 0 means no
    limit."""
    ocr_pages_at_once: int = Field(20, ge=1, le=1_000)
    """Most pages that one instance of the app has in OCR at the same time, of all documents."""
    max_document_bytes: int = Field(200 * 1024 * 1024, ge=1)
    """Largest file that is accepted, in bytes."""
    max_document_pages: int = Field(2_000, ge=1, le=10_000)
    """Most pages that a file may have."""
    max_attachments: int = Field(50, ge=0, le=1_000)
    """Most attachments that a mail may have. Each becomes a separate document. Attachments of the
    mails attached to it count too; where they are too many, the record says how many are left
    out."""
    max_mail_depth: int = Field(3, ge=0, le=10)
    """How deep mails attached to mails are opened for their attachments. 1 opens those attached to
    the uploaded mail, 2 also those attached to these."""
    max_page_pixels: int = Field(50_000_000, ge=1_000_000)
    """Largest picture of a page, in pixels. Larger pages are scaled down."""
    parser_timeout_seconds: int = Field(120, ge=1, le=1_800)
    """Longest time for parsing a file."""
    parser_memory_mb: int = Field(2_048, ge=256)
    """Most memory that the parser process may use (Linux only)."""
    parsers_at_once: int = Field(0, ge=0, le=1_000)
    """Most parser processes that run at the same time in one instance of the app. 0 means as many
    as its memory holds: one for each `PARSER_MEMORY_MB` beside 768 MB for the app, at least one."""
    min_readable_pages: float = Field(0.5, ge=0, le=1)
    """Smallest share of readable pages with which a document is processed, from 0 to 1."""
    pages_per_range: int = Field(10, ge=1, le=100)
    """Pages that one sub-orchestration sends to OCR."""
    pages_in_flight: int = Field(200, ge=1, le=2_000)
    """Most pages of one document that are in OCR at the same time. The next pages follow when all
    of these have ended."""

    # the model
    azure_openai_endpoint: Url = LOCAL_SERVICES
    """Endpoint of an Azure OpenAI or Foundry resource, or of a gateway to it."""
    azure_openai_key: Secret = None
    """Key of Azure OpenAI. Without a key, the app's identity is used."""
    azure_openai_deployment: str = Field("gpt-5.6-luna", pattern=r"^[\w.-]{1,64}$")
    """Deployment of the model that summarizes documents and judges their urgency."""
    azure_openai_api_version: Annotated[OptionalText, Field(pattern=API_VERSION)] = None
    """Only for gateways that do not know Azure's v1 API: the version of the older API."""
    model_base_url: OptionalUrl = Field(None, repr=False)
    """Base URL of OpenAI or of a server with the same API (Ollama, vLLM, llama.cpp), for example
    `http://localhost:11434/v1`. With it, the settings `AZURE_OPENAI_…` are not used."""
    model_key: Secret = None
    """Key of that server, if it asks for one."""
    model_name: Annotated[OptionalText, Field(pattern=r"^[\w.:/@+-]{1,128}$")] = None
    """Name of the model on that server."""
    model_reasoning_effort: Annotated[OptionalText, Field(pattern=r"^[a-z]{2,16}$")] = None
    """How much a reasoning model thinks before it answers, for example `none`, `low` or `medium`.
    Empty leaves it to the model."""
    model_reasoning_tokens: int = Field(8_000, ge=0, le=100_000)
    """Tokens that an answer may have beside its own limit, for the hidden reasoning of a model."""
    model_temperature: float | None = Field(None, ge=0, le=2)
    """Temperature of the model. Empty leaves it to the model; reasoning models accept no other."""
    model_timeout_seconds: int = Field(120, ge=1, le=1_800)
    """Longest wait for one answer of the model."""
    summary_part_characters: int = Field(24_000, ge=1_000)
    """Most characters of text in one model call. Longer documents are summarized in parts."""
    summary_max_tokens: int = Field(2_000, ge=200)
    """Most tokens in one summary."""
    urgency_max_tokens: int = Field(500, ge=100)
    """Most tokens in one judgement of urgency."""

    # cache
    cache_retention_days: int = Field(30, ge=0, le=3_650)
    """How many days answers of OCR and the model are kept for use with the same content. 0 turns
    the cache off."""

    # review
    approval_timeout_seconds: int = Field(259_200, ge=1, le=31_536_000)
    """How long a document waits for a decision before it expires."""
    approval_reminder_seconds: int = Field(86_400, ge=1)
    """Time between two reminders about a waiting document."""
    approval_escalation_seconds: int = Field(172_800, ge=1)
    """Waiting time after which reminders are marked as escalated."""

    # delivery
    jira_url: Url = LOCAL_SERVICES
    """Address to which calls of Jira go. For a token with scopes it is
    `https://api.atlassian.com/ex/jira/{cloud id}`."""
    jira_browse_url: OptionalUrl = None
    """Address of Jira in links to issues. Leave it out if it is `JIRA_URL`."""
    jira_user: str = "docflow@example.com"
    """User in whose name issues are opened."""
    jira_token: Secret = None
    """API token of that user."""
    jira_project: str = Field("DOC", pattern="^[A-Z][A-Z0-9_]*$")
    """Key of the project in which issues are opened."""
    jira_issue_type: str = "Task"
    """Type of the issues."""
    jira_priority: str = "Highest"
    """Priority of the issues. With an empty value, Jira sets its own."""
    jira_cancel_transition: str = "Cancelled"
    """Name of the transition that cancels an issue, or of its target status."""
    jira_cancel_resolution: OptionalText = None
    """Resolution of cancelled issues, for a transition that asks for one."""
    jira_search_lag_seconds: int = Field(300, ge=0, le=3_600)
    """Longest time until the search of Jira shows a new issue: minutes in Jira Cloud. If Jira does
    not say whether it opened an issue, the search is asked this long before another is opened."""
    notification_webhook_url: OptionalUrl = Field(f"{LOCAL_SERVICES}/webhook", repr=False)
    """Where notifications are posted. An empty value turns notifications off."""
    notification_webhook_secret: Secret = None
    """Key of the HMAC-SHA256 signature that is sent with each notification."""
    public_base_url: Url = "http://127.0.0.1:7071"
    """Public address of this app, used in links."""

    # retries
    retry_attempts: int = Field(8, ge=1, le=20)
    """How many times a step is tried before it fails."""
    retry_first_seconds: float = Field(2, ge=0.01, le=600)
    """Pause before the second try. It doubles with every further try."""
    retry_max_seconds: float = Field(60, ge=0.01, le=3_600)
    """Longest pause between two tries, unless the service asks for a longer one."""

    # cost
    usd_per_1000_ocr_pages: float = Field(1.5, ge=0, allow_inf_nan=False)
    """Price of 1,000 pages of OCR, for the estimate in the record."""
    usd_per_million_prompt_tokens: float = Field(0.2, ge=0, allow_inf_nan=False)
    """Price of a million prompt tokens, for the estimate in the record."""
    usd_per_million_completion_tokens: float = Field(1.2, ge=0, allow_inf_nan=False)
    """Price of a million completion tokens, for the estimate in the record. Hidden reasoning counts
    as completion."""

    # operation
    max_upload_bytes: Annotated[int, AfterValidator(_below_the_host)] = Field(100_000_000, ge=1)
    """Largest file that `POST /api/documents` accepts, in bytes; at most 104,792,064, since the
    Functions host ends larger requests without an answer of the app. Upload larger files to the
    container `incoming`."""
    temporary_folder: OptionalText = None
    """Folder for files that are needed while a step runs. Left out, it is `docflow` in the system's
    temporary folder."""
    allowed_origins: Annotated[str, AfterValidator(_origins)] = ""
    """Origins whose pages may send files and decisions, separated by commas, such as
    `https://portal.example.com`. The app's own pages always may."""
    allowed_hosts: Annotated[str, AfterValidator(_hosts)] = ""
    """Host names under which the app may be called on a machine of your own, separated by commas,
    besides `localhost`, loopback addresses and the host of `PUBLIC_BASE_URL`. Not used in
    Azure."""
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
    """Lowest level of the log lines that are written."""
    applicationinsights_connection_string: Secret = None
    """Where traces and metrics are exported. Without it, nothing is exported."""

    @model_validator(mode="after")
    def _one_way_to_storage(self) -> Self:
        uris = {
            "DOCUMENTS_STORAGE__blobServiceUri": self.documents_storage__blob_service_uri,
            "DOCUMENTS_STORAGE__queueServiceUri": self.documents_storage__queue_service_uri,
            "DOCUMENTS_STORAGE__tableServiceUri": self.documents_storage__table_service_uri,
        }
        missing = [name for name, uri in uris.items() if not uri]
        if not self.documents_storage and 0 < len(missing) < len(uris):
            raise ValueError(f"{', '.join(missing)}: missing; set all three service URIs or none")
        return self

    @model_validator(mode="after")
    def _a_server_and_its_model(self) -> Self:
        if self.model_base_url and not self.model_name:
            raise ValueError("MODEL_NAME: missing; MODEL_BASE_URL needs the name of a model")
        return self

    @model_validator(mode="after")
    def _links_to_tickets_work(self) -> Self:
        if HttpUrl(self.jira_url).host == JIRA_GATEWAY and not self.jira_browse_url:
            raise ValueError(
                "JIRA_BROWSE_URL: missing; nobody can open an issue at the address in JIRA_URL, so "
                "name that of your site, for example https://example.atlassian.net"
            )
        return self

    @property
    def model(self) -> str:
        """Return the name of the model or deployment that is asked."""
        return (self.model_base_url and self.model_name) or self.azure_openai_deployment

    @property
    def storage_connection(self) -> str | None:
        """Return the connection string, or None if the app's identity is used."""
        if self.documents_storage or self.documents_storage__blob_service_uri:
            return self.documents_storage
        return LOCAL_STORAGE

    @property
    def origins_allowed(self) -> tuple[str, ...]:
        """Return the origins of `ALLOWED_ORIGINS`."""
        return _listed(self.allowed_origins)

    @property
    def hosts_allowed(self) -> tuple[str, ...]:
        """Return the host names of `ALLOWED_HOSTS`, in lower case."""
        return _listed(self.allowed_hosts.lower())

    def flow(self) -> FlowSettings:
        """Return the settings that an orchestration needs, for its input."""
        return FlowSettings(
            retry=RetryPolicy(
                attempts=self.retry_attempts,
                first_seconds=self.retry_first_seconds,
                max_seconds=self.retry_max_seconds,
            ),
            ocr_mode=self.ocr_mode,
            pages_per_range=self.pages_per_range,
            pages_in_flight=self.pages_in_flight,
            summary_part_characters=self.summary_part_characters,
            min_readable_share=self.min_readable_pages,
            approval_timeout_seconds=self.approval_timeout_seconds,
            approval_reminder_seconds=self.approval_reminder_seconds,
            approval_escalation_seconds=self.approval_escalation_seconds,
        )

    def prices(self) -> Prices:
        """Return the list prices."""
        return Prices(
            per_1000_ocr_pages=self.usd_per_1000_ocr_pages,
            per_million_prompt_tokens=self.usd_per_million_prompt_tokens,
            per_million_completion_tokens=self.usd_per_million_completion_tokens,
        )

    @classmethod
    def names(cls) -> list[str]:
        """Return the names of all settings, as written in the app settings."""
        return [setting_name(field, info.alias) for field, info in cls.model_fields.items()]

    @classmethod
    def load(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read and check all settings; one that is not set or empty gets its default.

        Args:
            environment: where to read from; by default the environment variables.

        Raises:
            ConfigurationError: the message names every wrong setting and says why it is wrong. A
                Key Vault reference that the platform did not replace by the secret is wrong: its
                text must not be sent anywhere as a key.
        """
        source = os.environ if environment is None else environment
        unresolved = [name for name in cls.names() if _is_reference(source.get(name, ""))]
        if unresolved:
            raise ConfigurationError(_explain_references(unresolved))
        values: dict[str, Any] = {}
        for field, info in cls.model_fields.items():
            value = source.get(setting_name(field, info.alias), "")
            if value.strip() or _empty_means_off(field, info.alias, source):
                values[info.alias or field] = value.strip()
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise ConfigurationError(_explain(error)) from None


_OFF_IF_EMPTY = frozenset({"notification_webhook_url", "jira_priority"})


def setting_name(field: str, alias: str | None) -> str:
    """Return the name of the app setting for a field."""
    return alias or field.upper()


def _empty_means_off(field: str, alias: str | None, source: Mapping[str, str]) -> bool:
    """Return whether an empty value counts: no notifications, no priority."""
    return field in _OFF_IF_EMPTY and setting_name(field, alias) in source


def _is_reference(value: str) -> bool:
    """Return whether a value is still the reference to a secret, and not the secret.

    App Service leaves the text of a reference in the setting if it cannot resolve it:
    https://learn.microsoft.com/azure/app-service/app-service-key-vault-references.
    """
    return value.strip().casefold().startswith("@microsoft.keyvault(")


def _explain_references(names: list[str]) -> str:
    return (
        f"settings are missing: the Key Vault reference in {', '.join(names)} was not resolved. "
        "Put the secret into the vault, give the app's identity the role Key Vault Secrets User, "
        "and start again."
    )


def _explain(error: ValidationError) -> str:
    lines = []
    for problem in error.errors(include_input=False, include_url=False):
        place = str(problem["loc"][0]) if problem["loc"] else ""
        info = Settings.model_fields.get(place)
        name = setting_name(place, info.alias) if info is not None else place
        lines.append(": ".join(filter(None, (name, problem["msg"]))))
    return "settings are wrong, correct them and start again: " + "; ".join(lines)


def current_platform() -> Platform:
    """Return what the platform says about where this process runs."""
    return Platform.of(os.environ)


@cache
def current_settings() -> Settings:
    """Return the settings of this process; they are read once."""
    return Settings.load()
