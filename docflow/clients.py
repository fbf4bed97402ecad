"""The only place where adapters are built, once per process and on first use."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from docflow.ports import (
    BlobStore,
    Clock,
    DocumentIndex,
    FileParser,
    LanguageModel,
    MessageQueue,
    Notifier,
    OcrEngine,
    TicketDesk,
)
from docflow.settings import Settings, current_settings


@dataclass(frozen=True, slots=True)
class Clients:
    """The world, as the activities and triggers see it."""

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


@cache
def current_clients() -> Clients:
    """Give the clients of this process."""
    return build_clients(current_settings())


def build_clients(settings: Settings) -> Clients:
    """Build all adapters for these settings; none of them connects before it is used."""
    raise LookupError(f"no adapters for {settings.jira_project!r}")
