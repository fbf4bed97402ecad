"""The function app: read the settings, build the app and register all functions. Nothing else.

Wrong settings stop the app here with a message that names them. Nothing is connected to.
"""

from __future__ import annotations

import azure.durable_functions as df
import azure.functions as func

import activities
import orchestrators
import triggers
from docflow import clients, telemetry
from docflow.durable.sdk_workarounds import require_strict_typing
from docflow.settings import current_settings
from triggers.threads import shorten_turns

require_strict_typing()
shorten_turns()
settings = current_settings()
telemetry.configure(settings)
clients.start_export(settings)

app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)
for blueprint in (
    *triggers.blueprints(settings),
    orchestrators.blueprint(),
    activities.blueprint(),
):
    app.register_functions(blueprint)
