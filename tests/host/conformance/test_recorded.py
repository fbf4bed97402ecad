"""The stand-in host shows what the real one showed, scenario by scenario."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from devstack.functions_host.conformance import APP, ENVIRONMENT
from devstack.functions_host.conformance.comparison import Seen, differences, play_all, recorded
from devstack.functions_host.conformance.scenarios import SCENARIOS
from devstack.functions_host.testing import RunningHost

pytestmark = [pytest.mark.host, pytest.mark.emulator]


@pytest.fixture(scope="module")
def shown(azurite: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Seen]]:
    """What the stand-in shows of every scenario."""
    state = tmp_path_factory.mktemp("recorded") / "state.sqlite"
    environment = {**ENVIRONMENT, "AzureWebJobsStorage": azurite}
    host = RunningHost(APP, state, ["--scan-interval=0.5"], environment)
    host.start()
    try:
        yield play_all(host.url("").rstrip("/"), list(SCENARIOS), at_once=24)
    finally:
        host.end()


def test_every_scenario_was_recorded() -> None:
    assert recorded().keys() == SCENARIOS.keys()


@pytest.mark.parametrize("name", SCENARIOS)
def test_stand_in_shows_what_the_real_host_showed(name: str, shown: dict[str, Seen]) -> None:
    found = differences(name, recorded()[name], shown[name])

    assert not found, "\n".join(map(str, found))
