"""Export of spans and metrics to Azure Monitor."""

from __future__ import annotations

from azure.monitor.opentelemetry import configure_azure_monitor

from docflow.adapters.azure.identity import app_identity
from docflow.errors import ConfigurationError


def start_export(connection_string: str, *, client_id: str | None) -> None:
    """Export from now on, with the app's identity where a client id is set.

    Logs are left out: the Functions host sends what the worker logs to Application Insights itself,
    and each line would be there twice.
    """
    identity = {"credential": app_identity(client_id)} if client_id else {}
    try:
        configure_azure_monitor(
            connection_string=connection_string, disable_logging=True, **identity
        )
    except ValueError:
        raise ConfigurationError(
            "APPLICATIONINSIGHTS_CONNECTION_STRING: is no connection string of Application Insights"
        ) from None
