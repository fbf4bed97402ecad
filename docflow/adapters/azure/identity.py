"""The app's identity, for services where no key is set."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from azure.core.credentials import TokenCredential
from azure.identity import DefaultAzureCredential, get_bearer_token_provider

COGNITIVE_SERVICES = "https://cognitiveservices.azure.com/.default"


@cache
def app_identity(client_id: str | None) -> TokenCredential:
    """Return the identity: user-assigned where a client id is set. It asks for tokens when used."""
    return DefaultAzureCredential(managed_identity_client_id=client_id)


def cognitive_services_token(client_id: str | None) -> Callable[[], str]:
    """Return a function that gets a token for Azure's AI services."""
    return get_bearer_token_provider(app_identity(client_id), COGNITIVE_SERVICES)
