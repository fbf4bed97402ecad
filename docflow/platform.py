"""What the platform says about where the app runs; nobody sets these by hand.

App Service and Azure Functions set `WEBSITE_...` variables. Core Tools set the host name too, to an
address of this machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

HOST_NAME_VARIABLE = "WEBSITE_HOSTNAME"
SIGN_IN_VARIABLE = "WEBSITE_AUTH_ENABLED"
VARIABLES = (HOST_NAME_VARIABLE, SIGN_IN_VARIABLE)


class Platform(BaseModel):
    """Where the app runs; by default on the machine of a developer."""

    model_config = ConfigDict(frozen=True)

    host_name: str = ""
    """Host name of the app in Azure; empty elsewhere."""
    signs_users_in: bool = False
    """Whether App Service Authentication stands in front of the app. It alone sets the headers
    with the principal, and removes those that a caller sends."""

    @property
    def in_azure(self) -> bool:
        """Return whether the app runs in Azure, where the platform routes by host name."""
        return bool(self.host_name)

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """Return what the platform says in the environment variables."""
        host = environment.get(HOST_NAME_VARIABLE, "").strip().lower()
        return cls(
            host_name="" if is_this_machine(host) else host,
            signs_users_in=environment.get(SIGN_IN_VARIABLE, "").strip().lower() in {"true", "1"},
        )


def host_of(authority: str) -> str | None:
    """Return the host of `host:port` in lower case; None where there is none."""
    try:
        return urlsplit(f"//{authority}").hostname
    except ValueError:
        return None


def is_this_machine(authority: str) -> bool:
    """Return whether `host:port` names this machine: `localhost` or a loopback address."""
    host = host_of(authority) or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
