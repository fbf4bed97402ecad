"""Nothing is lost when the host is killed, and only unfinished activities run again."""

from __future__ import annotations

import json
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from devstack.functions_host.testing import RunningHost, until

pytestmark = pytest.mark.host
HostOf = Callable[..., RunningHost]
KILLS = 6
JOURNEYS = 4


def test_a_host_that_is_killed_again_and_again_loses_nothing(
    host_of: HostOf, tmp_path: Path
) -> None:
    seen = tmp_path / "seen.txt"
    host = host_of("durability", SEEN=str(seen))
    names = [host.begin("journey", None, f"journey-{n}") for n in range(JOURNEYS)]
    schedule = random.Random(7)
    for _ in range(KILLS):
        time.sleep(schedule.uniform(0.05, 0.4))  # the moment of the kill, not a wait for anything
        host.stop(signal.SIGKILL)
        host.start()

    for name in names:
        ended = host.wait(name)
        assert ended["runtimeStatus"] == "Completed"
        legs = [[f"{name}/{leg}/{n}" for n in range(4)] for leg in range(3)]
        assert ended["output"] == [*legs, f"{name}/last"]
    steps = Counter(seen.read_text(encoding="utf-8").splitlines())
    expected = {f"{n}/last" for n in names} | {
        f"{n}/{leg}/{i}" for n in names for leg in range(3) for i in range(4)
    }
    assert {line.removeprefix("end ") for line in steps if line.startswith("end ")} == expected
    repeated = sum(count - 1 for line, count in steps.items() if line.startswith("start "))
    assert repeated <= KILLS * 4, "at most what was running at each kill"


def test_events_and_timers_survive_a_kill(host_of: HostOf) -> None:
    host = host_of("basics", OFTEN="0 0 0 1 1 *")
    name = host.begin("approval")
    host.wait(name, "Running")
    assert host.raise_event(name, "Other", 1) == 202
    host.stop(signal.SIGKILL)
    host.start()
    assert host.status(name)["runtimeStatus"] == "Running"
    assert host.raise_event(name, "Go", {"after": "the kill"}) == 202
    assert host.wait(name)["output"] == {"after": "the kill"}


def test_an_activity_that_exceeds_function_timeout_fails_and_the_host_starts_again(
    host_of: HostOf, tmp_path: Path
) -> None:
    app = tmp_path / "app"
    app.mkdir()
    source = Path(__file__).parent / "apps" / "durability" / "function_app.py"
    (app / "function_app.py").write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    limit = {"version": "2.0", "functionTimeout": "00:00:01"}
    (app / "host.json").write_text(json.dumps(limit), encoding="utf-8")
    seen = tmp_path / "seen.txt"
    host = host_of(app, SEEN=str(seen))
    name = host.begin("hurried", "too_slow")
    until(lambda: host.output.count("Host ready") == 2, "the second start")
    ended = host.wait(name)
    assert ended["runtimeStatus"] == "Completed"
    assert (
        "Timeout value of 00:00:01 was exceeded by function: Functions.too_slow"
        in (ended["output"])
    )
    assert seen.read_text(encoding="utf-8").splitlines() == ["too_slow"]


def test_a_timeout_error_of_the_app_is_a_failure_like_any_other(
    host_of: HostOf, tmp_path: Path
) -> None:
    host = host_of("durability", SEEN=str(tmp_path / "seen.txt"))
    ended = host.wait(host.begin("hurried", "of_its_own"))
    assert "Activity function 'of_its_own' failed: TimeoutError: the network" in ended["output"]
    assert host.output.count("Host ready") == 1


def test_no_more_activities_run_at_once_than_host_json_allows(
    host_of: HostOf, tmp_path: Path
) -> None:
    host = host_of("durability", SEEN=str(tmp_path / "seen.txt"))
    counts = host.wait(host.begin("measured"))["output"]
    assert len(counts) == 12
    assert max(counts) == 4


def test_the_history_is_recorded_as_the_app_received_it(host_of: HostOf, tmp_path: Path) -> None:
    folder = tmp_path / "recorded"
    host = host_of("durability", f"--record={folder}", SEEN=str(tmp_path / "seen.txt"))
    name = host.begin("crowd", 2, "recorded-1")
    host.wait(name)
    recorded = json.loads((folder / "recorded-1.json").read_text(encoding="utf-8"))
    assert (recorded["orchestrator"], recorded["output"]) == ("crowd", 2)
    context = recorded["context"]
    assert context["instanceId"] == name
    assert [event["EventType"] for event in context["history"][:2]] == [12, 0]
