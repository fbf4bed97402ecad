from __future__ import annotations

import ipaddress
import os
import socket
from typing import Any

import pytest

from devstack.stack.engine import engine_in_use
from docflow.durable.sdk_workarounds import require_strict_typing

require_strict_typing()


_SHARED = ("shared_stack", "basics", "azurite", "styles", "running_services", "stack", "demo")
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
        name = _shared_by(item)
        if name:
            item.add_marker(pytest.mark.xdist_group(f"{item.path.parent.name} {name}"))


def _shared_by(item: pytest.Item) -> str | None:
    used = getattr(item, "fixturenames", ())
    if "adapters" in item.path.parts and item.get_closest_marker("emulator"):
        return "azurite"  # which some of them name by a parameter alone
    return next((name for name in _SHARED if name in used), None)


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
