"""How work and questions come in: uploads, HTTP, a timer. Each parses, calls and answers."""

from __future__ import annotations

import azure.durable_functions as df

from docflow.settings import Settings
from triggers import contents, documents, health, reviews, stats, upkeep, uploads


def blueprints(settings: Settings) -> list[df.Blueprint]:
    """Give all triggers; how uploads are noticed is a setting."""
    return [
        uploads.blueprint_for(settings),
        documents.blueprint,
        contents.blueprint,
        reviews.blueprint,
        health.blueprint,
        stats.blueprint,
        upkeep.blueprint,
    ]
