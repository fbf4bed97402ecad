"""How work and questions come in: uploads, HTTP, timers. Each parses, calls and answers."""

from __future__ import annotations

import azure.durable_functions as df

from docflow.settings import Settings
from triggers import contents, documents, health, registry, reviews, stats, upkeep, uploads

ROUTES_AND_TIMERS = (contents, documents, health, reviews, stats, upkeep)
"""The modules whose functions register themselves when they are imported."""


def blueprints(settings: Settings) -> list[df.Blueprint]:
    """Return all triggers; how uploads are noticed is a setting."""
    return [registry.blueprint, uploads.blueprint_for(settings)]
