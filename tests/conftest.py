from __future__ import annotations

import ipaddress
import os
import socket
from typing import Any

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from devstack.stack.engine import engine_in_use
from docflow.durable.sdk_workarounds import require_strict_typing

require_strict_typing()
# How long an example takes tells of the machine, on which other tests run too.
settings.register_profile("shared machine", deadline=None)
settings.load_profile("shared machine")


_SPLIT = ("tests/simulation/", "tests/parser/test_hostile.py")
"""Long files whose tests share nothing, and may run in several workers."""
_TOGETHER = {
    "tests/adapters/parser/": "",
    "tests/adapters/": "adapters with Azurite",
    "tests/services/": "stand-in services",
    "tests/flow/": "whole stacks",  # each takes a core while it starts: one at a time is enough
    "tests/devstack/test_stack.py": "whole stacks",
}
"""Tests that share a running service, or would keep each other waiting, follow each other in one
worker; where nothing is said, those of one file do. The first that fits counts."""


class Scheduler(LoadScopeScheduling):
    """Hands out tests to workers so that those which share something stay together."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        if file.startswith(_SPLIT):
            return nodeid
        return next((name for path, name in _TOGETHER.items() if file.startswith(path)), "") or file


def pytest_xdist_auto_num_workers() -> int:
    """Return how many tests run at once: one more than there are cores, as many of them wait."""
    return (os.cpu_count() or 1) + 1


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduler | None:
    """Schedule as above, unless another distribution was asked for."""
    return Scheduler(config, log) if config.getoption("dist") == "load" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what another engine than the stand-in host cannot tell."""
    if engine_in_use() == "local":
        return
    for item in items:
        if item.get_closest_marker("stand_in"):
            item.add_marker(pytest.mark.skip(reason="asks what the stand-in host alone can tell"))


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
