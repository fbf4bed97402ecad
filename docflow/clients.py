"""The only place where adapters are built: once per process, on first use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, TypeVar, cast

from pydantic import SecretStr

from docflow.adapters import scratch
from docflow.adapters.clock import SystemClock
from docflow.adapters.loopback import is_loopback
from docflow.contracts import INDEX_TABLE, LIMITS_TABLE, OCR_RATE, PROCESSED_QUEUE
from docflow.platform import Platform
from docflow.ports import (
    BlobStore,
    Clock,
    DocumentIndex,
    FileParser,
    LanguageModel,
    MessageQueue,
    Notifier,
    OcrEngine,
    RateLimiter,
    TicketDesk,
)
from docflow.settings import LOCAL_KEY, Settings, current_platform, current_settings

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

    from docflow.adapters.model.address import ModelAddress

PortT = TypeVar("PortT")


@dataclass(frozen=True, slots=True)
class Clients:
    """All services that activities and triggers use, one adapter for each port."""

    settings: Settings
    store: BlobStore
    index: DocumentIndex
    ocr: OcrEngine
    model: LanguageModel
    tickets: TicketDesk
    queue: MessageQueue
    notifier: Notifier
    parser: FileParser
    clock: Clock
    platform: Platform = field(default_factory=Platform)


def current_clients() -> Clients:
    """Return the clients of this process; the first call claims its folder for temporary files."""
    with _first_call:  # `cache` alone would let two threads build them
        return _clients_of_this_process()


_first_call = Lock()


@cache
def _clients_of_this_process() -> Clients:
    settings = current_settings()
    scratch.claim(scratch.place_of(settings.temporary_folder))
    return build_clients(settings)


def build_clients(settings: Settings) -> Clients:
    """Return adapters for these settings; none of them connects before it is used.

    An adapter does not import its SDK before it is used either. All SDKs together would add a
    second to every cold start, and most calls need only one or two of them.
    """
    store = _on_first_use(lambda: _store(settings))
    return Clients(
        settings=settings,
        store=store,
        index=_on_first_use(lambda: _index(settings)),
        ocr=_on_first_use(lambda: _cached_ocr(settings, store)),
        model=_on_first_use(lambda: _cached_model(settings, store)),
        tickets=_on_first_use(lambda: _tickets(settings)),
        queue=_on_first_use(lambda: _queue(settings)),
        notifier=_on_first_use(lambda: _notifier(settings)),
        parser=_on_first_use(lambda: _parser(settings)),
        clock=SystemClock(),
        platform=current_platform(),
    )


def start_export(settings: Settings) -> None:
    """Export spans and metrics to Azure Monitor where a connection string is set."""
    connection = settings.applicationinsights_connection_string
    if connection is not None:
        from docflow.adapters.azure import monitor

        monitor.start_export(
            connection.get_secret_value(),
            client_id=settings.azure_client_id,
            unsent=scratch.place_of(settings.temporary_folder) / scratch.TELEMETRY,
        )


class _OnFirstUse:
    """A proxy for an adapter that builds the adapter on the first access to an attribute."""

    def __init__(self, build: Callable[[], object]) -> None:
        self._build = build
        self._adapter: object | None = None
        self._lock = Lock()

    def __getattr__(self, name: str) -> object:
        with self._lock:
            if self._adapter is None:
                self._adapter = self._build()
        return getattr(self._adapter, name)


def _on_first_use(build: Callable[[], PortT]) -> PortT:
    return cast(PortT, _OnFirstUse(build))


def _store(settings: Settings) -> BlobStore:
    from docflow.adapters.azure.blobs import AzureBlobStore
    from docflow.adapters.azure.storage import blob_service

    return AzureBlobStore(blob_service(settings))


def _index(settings: Settings) -> DocumentIndex:
    from docflow.adapters.azure.index import TableDocumentIndex
    from docflow.adapters.azure.storage import table_service

    return TableDocumentIndex(table_service(settings), INDEX_TABLE)


def _queue(settings: Settings) -> MessageQueue:
    from docflow.adapters.azure.queue import AzureStorageQueue
    from docflow.adapters.azure.storage import queue_service

    return AzureStorageQueue(queue_service(settings), PROCESSED_QUEUE)


def _cached_ocr(settings: Settings, store: BlobStore) -> OcrEngine:
    engine = _limited_ocr(settings)
    if settings.cache_retention_days == 0:
        return engine
    from docflow.adapters.azure.ocr import API_VERSION, MODEL
    from docflow.adapters.cache.ocr import CachedOcr
    from docflow.adapters.cache.results import ResultCache

    # With the address: an answer of a local stand-in must not be used for the real service.
    shape = (settings.document_intelligence_endpoint, MODEL, API_VERSION)
    return CachedOcr(engine, ResultCache(store, "ocr"), shape=shape)


def _limited_ocr(settings: Settings) -> OcrEngine:
    from docflow.adapters.limits.ocr import LimitedOcr

    limiter = _ocr_limiter(settings)
    return LimitedOcr(_ocr(settings), limiter, at_once=settings.ocr_pages_at_once)


def _ocr_limiter(settings: Settings) -> RateLimiter | None:
    if settings.ocr_requests_per_second == 0:
        return None
    from docflow.adapters.azure.storage import table_service
    from docflow.adapters.limits.rate import SharedRateLimiter, TablePermits

    permits = TablePermits(table_service(settings), LIMITS_TABLE, OCR_RATE)
    return SharedRateLimiter(permits, settings.ocr_requests_per_second)


def _ocr(settings: Settings) -> OcrEngine:
    from azure.core.credentials import AzureKeyCredential

    from docflow.adapters.azure.ocr import DocumentIntelligenceOcr

    endpoint = settings.document_intelligence_endpoint
    key = _key(settings.document_intelligence_key, endpoint)
    return DocumentIntelligenceOcr(
        endpoint,
        AzureKeyCredential(key) if key else _identity(settings),
        timeout_seconds=settings.ocr_timeout_seconds,
    )


def _cached_model(settings: Settings, store: BlobStore) -> LanguageModel:
    model = _model(settings)
    if settings.cache_retention_days == 0:
        return model
    from docflow.adapters.cache.model import CachedModel
    from docflow.adapters.cache.results import ResultCache

    # With the address: an answer of a local stand-in must not be used for the real service.
    shape = (
        _model_address(settings).base_url,
        settings.model,
        settings.azure_openai_api_version or "v1",
        f"temperature {settings.model_temperature}",
        f"effort {settings.model_reasoning_effort}",
    )
    return CachedModel(
        model, ResultCache(store, "model"), shape=shape, earlier=_shape_of_0_1_0(settings)
    )


def _shape_of_0_1_0(settings: Settings) -> tuple[str, ...] | None:
    """Return what shaped the answers that version 0.1.0 kept, if it still does.

    That version asked with temperature 0, without an effort, and with a seed, which is a wish
    (https://learn.microsoft.com/azure/ai-foundry/openai/how-to/reproducible-output) and no longer
    sent. Its default versions of the API and of the deployment are in its keys.
    """
    plain = settings.model_temperature == 0 and settings.model_reasoning_effort is None
    if not plain or settings.model_base_url:
        return None
    version = settings.azure_openai_api_version or "2024-10-21"
    return (settings.azure_openai_endpoint, settings.azure_openai_deployment, version, "7")


def _model(settings: Settings) -> LanguageModel:
    from docflow.adapters.model.chat_completions import ChatCompletionsModel

    address = _model_address(settings)
    compatible = settings.model_base_url is not None
    key = _key(settings.model_key if compatible else settings.azure_openai_key, address.base_url)
    return ChatCompletionsModel(
        address,
        settings.model,
        timeout_seconds=settings.model_timeout_seconds,
        key=key,
        # A token of the app's identity is for Azure alone.
        token=_token(settings) if address.azure and not key else None,
        temperature=settings.model_temperature,
        reasoning_effort=settings.model_reasoning_effort,
        reasoning_tokens=(
            0 if settings.model_reasoning_effort == "none" else settings.model_reasoning_tokens
        ),
        settings=(
            ("MODEL_BASE_URL", "MODEL_NAME")
            if compatible
            else ("AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_DEPLOYMENT")
        ),
    )


def _model_address(settings: Settings) -> ModelAddress:
    from docflow.adapters.model.address import azure_address, compatible_address

    if settings.model_base_url:
        return compatible_address(settings.model_base_url)
    return azure_address(
        settings.azure_openai_endpoint,
        settings.azure_openai_deployment,
        settings.azure_openai_api_version,
    )


def _tickets(settings: Settings) -> TicketDesk:
    from docflow.adapters.jira import JiraTicketDesk

    return JiraTicketDesk(
        settings.jira_url,
        user=settings.jira_user,
        token=_key(settings.jira_token, settings.jira_url) or "",
        project=settings.jira_project,
        issue_type=settings.jira_issue_type,
        cancel_transition=settings.jira_cancel_transition,
        browse_url=settings.jira_browse_url,
        priority=settings.jira_priority,
        cancel_resolution=settings.jira_cancel_resolution,
    )


def _notifier(settings: Settings) -> Notifier:
    from docflow.adapters.webhook import WebhookNotifier

    secret = settings.notification_webhook_secret
    return WebhookNotifier(
        settings.notification_webhook_url, secret.get_secret_value() if secret else None
    )


def _parser(settings: Settings) -> FileParser:
    from docflow.adapters.parser.sandbox import SandboxedFileParser

    return SandboxedFileParser(
        timeout_seconds=settings.parser_timeout_seconds,
        memory_mb=settings.parser_memory_mb,
        max_pages=settings.max_document_pages,
        max_pixels=settings.max_page_pixels,
        max_attachments=settings.max_attachments,
        max_mail_depth=settings.max_mail_depth,
        keep_one_waiting=True,
        at_once=settings.parsers_at_once,
    )


def _identity(settings: Settings) -> TokenCredential:
    from docflow.adapters.azure.identity import app_identity

    return app_identity(settings.azure_client_id)


def _token(settings: Settings) -> Callable[[], str]:
    from docflow.adapters.azure.identity import cognitive_services_token

    return cognitive_services_token(settings.azure_client_id)


def _key(secret: SecretStr | None, endpoint: str) -> str | None:
    """Return the key for a service; the local stand-ins accept any key."""
    if secret is not None:
        return secret.get_secret_value()
    return LOCAL_KEY if is_loopback(endpoint) else None
