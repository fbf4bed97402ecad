from __future__ import annotations

import ipaddress
import os
import socket
from typing import Any

import pytest
from hypothesis import settings

from devstack.stack.engine import engine_in_use
from docflow.durable.sdk_workarounds import require_strict_typing

require_strict_typing()
# How long an example takes tells of the machine, on which other tests run too.
settings.register_profile("shared machine", deadline=None)
settings.load_profile("shared machine")


_SHARED = ("basics", "azurite", "styles", "running_services")
"""Fixtures that start what many tests share, those that others build on first."""


def pytest_xdist_auto_num_workers() -> int:
    """Return how many tests run at once: one more than there are cores, as many of them wait."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what another engine cannot tell; keep tests that share a service in one worker."""
    other_engine = engine_in_use() != "local"
    for item in items:
        if other_engine and item.get_closest_marker("stand_in"):
            item.add_marker(pytest.mark.skip(reason="asks what the stand-in host alone can tell"))
        group = _group(item)
        if group:
            item.add_marker(pytest.mark.xdist_group(group))


def _group(item: pytest.Item) -> str | None:
    folder, uses_azurite = item.path.parent.name, item.get_closest_marker("emulator") is not None
    if folder == "flow" or (folder == "devstack" and uses_azurite):
        return "whole stacks"  # each takes a core while it starts: one at a time is enough
    if "adapters" in item.path.parts and uses_azurite:
        return "azurite of adapters"  # which some tests name by a parameter alone
    used = getattr(item, "fixturenames", ())
    shared = next((name for name in _SHARED if name in used), None)
    return f"{shared} of {folder}" if shared else None


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse connections that leave this machine: no test depends on the network."""
    if os.environ.get("DOCFLOW_LIVE_TESTS"):
        return
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6} and not _is_loopback(address[0]):
            raise AssertionError(f"a test tried to connect to {address!r}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
