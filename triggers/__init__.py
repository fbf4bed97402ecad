"""The triggers: uploads, HTTP routes, timers. Each reads its input, calls the app and answers."""

from __future__ import annotations

import azure.durable_functions as df

from docflow.settings import Settings
from triggers import (
    carry_over,
    contents,
    documents,
    health,
    registry,
    reviews,
    stats,
    upkeep,
    uploads,
)

ROUTES_AND_TIMERS = (carry_over, contents, documents, health, reviews, stats, upkeep)
"""The modules that register their functions when they are imported."""


def blueprints(settings: Settings) -> list[df.Blueprint]:
    """Return the blueprints of all triggers; a setting decides how uploads are detected."""
    return [registry.blueprint, uploads.blueprint_for(settings)]
