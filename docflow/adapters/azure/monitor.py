"""Export of spans and metrics to Azure Monitor."""

from __future__ import annotations

from pathlib import Path

from azure.monitor.opentelemetry import configure_azure_monitor

from docflow.adapters.azure.identity import app_identity
from docflow.errors import ConfigurationError


def start_export(connection_string: str, *, client_id: str | None, unsent: Path) -> None:
    """Export from now on, with the app's identity where a client id is set.

    What cannot be sent is kept in the folder `unsent` and sent later, by another process if need
    be.

    Logs are left out: the Functions host sends what the worker logs to Application Insights itself,
    and each line would be there twice.
    """
    identity = {"credential": app_identity(client_id)} if client_id else {}
    try:
        configure_azure_monitor(
            connection_string=connection_string,
            disable_logging=True,
            storage_directory=str(unsent),
            **identity,
        )
    except ValueError:
        raise ConfigurationError(
            "APPLICATIONINSIGHTS_CONNECTION_STRING: is no connection string of Application Insights"
        ) from None
