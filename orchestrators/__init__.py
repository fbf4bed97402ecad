"""The stories: one orchestrator a file, deterministic and short, touching the world nowhere."""

from __future__ import annotations

import azure.durable_functions as df

from orchestrators import deliver, process_document, read_pages, summarize_document

blueprints: list[df.Blueprint] = [
    process_document.blueprint,
    read_pages.blueprint,
    summarize_document.blueprint,
    deliver.blueprint,
]
