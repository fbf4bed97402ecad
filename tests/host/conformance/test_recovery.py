"""What a killed host had taken comes back when Azure brings it back, where that is asked for."""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import pytest

from devstack.functions_host.app.invocation import Invoker
from devstack.functions_host.engine.events import Kind, Line, Message, Work, event, event_raised
from devstack.functions_host.engine.instance import Episode, Instance
from devstack.functions_host.hub.recovery import RecoveryTimes, Visibility, durable_visibility
from devstack.functions_host.hub.store import Store
from devstack.functions_host.settings import HostSettings, SettingsError, load_host_json
from devstack.functions_host.simulation import Faults, Simulation
from devstack.functions_host.testing import RunningHost, until
from devstack.functions_host.triggers.blob_trigger import BlobTriggers

HostOf = Callable[..., RunningHost]
Hub = Callable[..., Simulation]
Open = Callable[[RecoveryTimes | None], Store]
START = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
AZURE = RecoveryTimes()


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Open the state file as the next host does; what was open before is as if killed."""
    stores: list[Store] = []

    def start(times: RecoveryTimes | None) -> Store:
        if stores:
            stores[-1].close()
        stores.append(Store(tmp_path / "state.sqlite", times))
        return stores[-1]

    yield start
    stores[-1].close()


def post(store: Store, name: str = "one", due: datetime | None = None, **where: str) -> None:
    raised = event_raised(START, name, None)
    store.enqueue([Message(where.get("instance", "i"), None, raised, due)], START)


def names(store: Store, now: datetime) -> list[str]:
    return [item.message.event["Name"] for item in store.due_messages("i", now, 32)]


def schedule_work(store: Store) -> int:
    """Commit an episode that asks for one activity; return the number of its work item."""
    before = Instance("w", "x", "one", "", "Running", START, START)
    store.put_instance(before, [], START)
    started = Line.of(event(Kind.ORCHESTRATOR_STARTED, START))
    episode = Episode(before, appended=[started], work=[Work("w", "x", 0, "step", None)])
    [number] = store.commit_episode(before, episode, [], START)
    return number


# The rule


def test_renewals_move_the_moment_at_which_a_message_is_back() -> None:
    rule = durable_visibility(5 * MINUTE)

    def back(seconds: float) -> timedelta:
        return rule.back_after_kill(START, START + seconds * SECOND) - START

    assert back(0) == 5 * MINUTE
    assert back(269) == 5 * MINUTE
    assert back(270) == 9.5 * MINUTE
    assert back(541) == 14 * MINUTE


@pytest.mark.parametrize("rule", [AZURE.control, AZURE.blobs, durable_visibility(MINUTE)])
def test_message_is_hidden_after_a_kill_for_more_than_the_margin(rule: Visibility) -> None:
    for seconds in range(3_000):
        killed = START + seconds * SECOND
        left = rule.back_after_kill(START, killed) - killed
        assert rule.margin < left <= rule.timeout


def test_times_are_those_of_host_json() -> None:
    settings = HostSettings(control_visibility=MINUTE, work_visibility=2 * MINUTE)
    times = RecoveryTimes.of(settings)
    assert (times.control.timeout, times.work.timeout) == (MINUTE, 2 * MINUTE)
    assert times.blobs.timeout == 10 * MINUTE


@pytest.mark.parametrize("key", ["controlQueueVisibilityTimeout", "workItemQueueVisibilityTimeout"])
@pytest.mark.parametrize("text", ["00:00:59", "01:00:01"])
def test_timeouts_outside_of_an_hour_are_refused(tmp_path: Path, key: str, text: str) -> None:
    name = key[0].upper() + key[1:]
    with pytest.raises(SettingsError, match=f"{name} must be between 1 and 60 minutes"):
        load_host_json(host_json(tmp_path, {key: text}))


def test_timeouts_of_one_minute_and_of_an_hour_are_taken(tmp_path: Path) -> None:
    found = load_host_json(
        host_json(
            tmp_path,
            {
                "controlQueueVisibilityTimeout": "00:01:00",
                "workItemQueueVisibilityTimeout": "01:00:00",
            },
        )
    )
    assert (found.control_visibility, found.work_visibility) == (MINUTE, 60 * MINUTE)
    default = load_host_json(host_json(tmp_path, {}))
    assert (default.control_visibility, default.work_visibility) == (5 * MINUTE, 5 * MINUTE)


def host_json(folder: Path, provider: dict[str, str]) -> Path:
    content = {"version": "2.0", "extensions": {"durableTask": {"storageProvider": provider}}}
    (folder / "host.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


# The state file


def test_messages_of_a_killed_host_are_hidden_until_their_time_is_over(opened: Open) -> None:
    killed = opened(AZURE)
    killed.holds.begin(START)
    post(killed, "taken")
    post(killed, "later", START + MINUTE)
    post(killed, "of another", instance="other")
    killed.holds.take_messages("i", START)
    assert names(killed, START) == ["taken"], "the host that holds a message works on it"

    store = opened(AZURE)
    store.holds.begin(START + SECOND)
    back = START + 5 * MINUTE
    assert names(store, START + MINUTE) == ["later"]
    assert names(store, back - SECOND) == ["later"]
    assert names(store, back) == ["taken", "later"]
    assert sorted(store.waiting()) == [
        ("i", START + MINUTE),
        ("i", back),
        ("other", START),
    ]
    assert store.next_due("i") == START + MINUTE


def test_every_timer_of_an_instance_is_waited_for_after_a_start(opened: Open) -> None:
    stopped = opened(None)
    post(stopped, "first", START + MINUTE)
    post(stopped, "second", START + 2 * MINUTE)
    assert sorted(opened(None).waiting()) == [("i", START + MINUTE), ("i", START + 2 * MINUTE)]


def test_taken_again_a_message_is_hidden_anew(opened: Open) -> None:
    first = opened(AZURE)
    first.holds.begin(START)
    post(first)
    first.holds.take_messages("i", START)
    second = opened(AZURE)
    second.holds.begin(START)
    second.holds.take_messages("i", START + MINUTE)
    assert names(second, START + MINUTE) == [], "what is hidden cannot be taken"
    second.holds.take_messages("i", START + 6 * MINUTE)
    third = opened(AZURE)
    third.holds.begin(START + 7 * MINUTE)
    assert third.next_due("i") == START + 11 * MINUTE


def test_a_second_kill_does_not_hide_for_longer(opened: Open) -> None:
    first = opened(AZURE)
    first.holds.begin(START)
    post(first)
    first.holds.take_messages("i", START)
    second = opened(AZURE)
    second.holds.begin(START + SECOND)
    second.holds.renew(START + SECOND)
    third = opened(AZURE)
    third.holds.begin(START + 2 * SECOND)
    assert third.next_due("i") == START + 5 * MINUTE


def test_long_activity_is_held_for_as_long_as_its_host_lives(opened: Open) -> None:
    store = opened(AZURE)
    store.holds.begin(START)
    number = schedule_work(store)
    store.holds.take_work(number, START)
    for seconds in range(0, 3_600, 10):
        store.holds.renew(START + seconds * SECOND)

    store = opened(AZURE)
    store.holds.begin(START + 60 * MINUTE)
    [(found, hidden_until)] = store.waiting_work()
    assert found == number
    assert hidden_until is not None
    assert START + 60 * MINUTE < hidden_until <= START + 65 * MINUTE


def test_blob_messages_are_hidden_for_ten_minutes(opened: Open) -> None:
    killed = opened(AZURE)
    killed.holds.begin(START)
    taken, other = killed.blobs.enqueue("f", "{}"), killed.blobs.enqueue("f", "{}")
    killed.holds.take_blob(taken, START)
    store = opened(AZURE)
    store.holds.begin(START)
    assert store.blobs.waiting() == [(taken, START + 10 * MINUTE), (other, None)]


def test_blob_of_a_killed_host_is_processed_when_it_is_back(opened: Open) -> None:
    short = AZURE.scaled(1 / 1_200)  # ten minutes are half a second
    killed = opened(short)
    number = killed.blobs.enqueue("gone", "{}")
    killed.holds.take_blob(number, datetime.now(UTC))
    store = opened(short)
    store.holds.begin(datetime.now(UTC))
    [(_, back)] = store.blobs.waiting()
    assert back is not None

    async def finished() -> datetime:
        invoker = Invoker(ThreadPoolExecutor(1), None, lambda _: "")
        triggers = BlobTriggers([], invoker, store, HostSettings(), 1)
        await triggers.run()
        while store.blobs.waiting():  # noqa: ASYNC110 - a blob of no function tells nobody
            await asyncio.sleep(0.01)
        await triggers.stop(0)
        return datetime.now(UTC)

    assert asyncio.run(finished()) >= back


def test_orchestrations_wait_for_the_leases_of_a_killed_host(opened: Open) -> None:
    killed = opened(AZURE)
    assert killed.holds.begin(START) == START
    killed.holds.renew(START + 20 * SECOND)
    store = opened(AZURE)
    free = START + 110 * SECOND
    assert store.holds.begin(START + 25 * SECOND) == free
    store.holds.renew(START + 30 * SECOND)  # It has no leases yet that it could renew.
    store = opened(AZURE)
    assert store.holds.begin(START + 40 * SECOND) == free
    store.holds.renew(free)
    assert opened(AZURE).holds.begin(free) == free + 90 * SECOND


def test_orderly_stop_releases_what_the_host_holds(opened: Open) -> None:
    store = opened(AZURE)
    store.holds.begin(START)
    store.holds.renew(START)
    post(store)
    number, blob = schedule_work(store), store.blobs.enqueue("f", "{}")
    store.holds.take_messages("i", START)
    store.holds.take_work(number, START)
    store.holds.take_blob(blob, START)
    store.holds.release()
    store.holds.take_messages("i", START)  # as where a client's call arrives during the stop

    store = opened(AZURE)
    assert store.holds.begin(START) == START
    assert store.next_due("i") == START
    assert store.waiting_work() == [(number, None)]
    assert store.blobs.waiting() == [(blob, None)]


def test_orderly_stop_brings_nothing_back_that_an_earlier_host_left(opened: Open) -> None:
    killed = opened(AZURE)
    killed.holds.begin(START)
    killed.holds.renew(START)
    post(killed)
    killed.holds.take_messages("i", START)
    stopped = opened(AZURE)
    stopped.holds.begin(START)
    stopped.holds.release()
    store = opened(AZURE)
    assert store.holds.begin(START) == START + 90 * SECOND
    assert store.next_due("i") == START + 5 * MINUTE


def test_messages_of_an_episode_that_could_not_run_are_given_back(opened: Open) -> None:
    store = opened(AZURE)
    store.holds.begin(START)
    post(store)
    store.holds.take_messages("i", START)
    store.holds.give_back_messages("i")
    store = opened(AZURE)
    store.holds.begin(START)
    assert store.next_due("i") == START


def test_without_the_option_everything_is_back_at_once(opened: Open) -> None:
    killed = opened(AZURE)
    killed.holds.begin(START)
    killed.holds.renew(START)
    post(killed)
    number = schedule_work(killed)
    killed.holds.take_messages("i", START)
    killed.holds.take_work(number, START)
    opened(AZURE).holds.begin(START)
    store = opened(None)
    assert store.holds.begin(START) == START
    assert store.next_due("i") == START
    assert store.waiting_work() == [(number, None)]


def test_state_file_of_the_format_before_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite"
    store = Store(path)
    post(store)
    store.close()
    with sqlite3.connect(path) as old:
        for table in ("messages", "work", "blob_messages"):
            old.execute(f"ALTER TABLE {table} DROP COLUMN taken_until")
            old.execute(f"ALTER TABLE {table} DROP COLUMN hidden_until")
        old.execute("DROP TABLE leases")
        old.execute("PRAGMA user_version = 1")
    old.close()

    store = Store(path, AZURE)
    store.holds.begin(START)
    store.holds.take_messages("i", START)
    assert names(store, START) == ["one"]
    store.close()


# The simulation


def test_simulated_crash_brings_messages_back_after_their_timeout(hub: Hub) -> None:
    def one(context: df.DurableOrchestrationContext) -> Any:
        return (yield context.wait_for_external_event("Go"))

    lost = hub(one, faults=Faults(episode_crash=1, recovery=AZURE))
    lost.start("one", None, "i")
    lost.run(until=lost.now)
    lost.faults = Faults(recovery=AZURE)
    lost.after(2 * MINUTE, lambda: lost.raise_event("i", "Go", 1))
    lost.run()

    assert lost.crashes == ["one"]
    assert lost.instance("i").status == "Completed"
    # The event came first, and waited for the start of its instance.
    assert [at for at, _ in lost.episodes] == [START + 5 * MINUTE]


def test_simulated_messages_overtake_those_of_a_crashed_host(hub: Hub) -> None:
    def one(context: df.DurableOrchestrationContext) -> Any:
        first = yield context.wait_for_external_event("Go")
        second = yield context.wait_for_external_event("Go")
        return [first, second]

    simulation = hub(one, faults=Faults(recovery=AZURE))
    simulation.start("one", None, "i")
    simulation.run()
    simulation.faults = Faults(episode_crash=1, recovery=AZURE)
    simulation.raise_event("i", "Go", 1)
    simulation.run(until=START)
    simulation.faults = Faults(recovery=AZURE)
    simulation.after(10 * SECOND, lambda: simulation.raise_event("i", "Go", 2))
    simulation.run()

    assert json.loads(simulation.instance("i").output or "") == [2, 1]
    assert [at - START for at, _ in simulation.episodes] == [
        timedelta(0),
        90 * SECOND,
        5 * MINUTE,
    ]


def test_simulated_crash_in_an_activity_repeats_it_after_its_timeout(hub: Hub) -> None:
    def one(context: df.DurableOrchestrationContext) -> Any:
        return (yield context.call_activity("long", 1))

    simulation = hub(one, activities={"long": lambda _: 1}, duration=lambda _: 7 * MINUTE)
    simulation.faults = Faults(activity_crash=1, recovery=AZURE)
    simulation.start("one", None, "i")
    simulation.run(until=START + 7 * MINUTE)
    simulation.faults = Faults(recovery=AZURE)
    simulation.run()

    assert simulation.crashes == ["long"]
    # Taken at 0:00, renewed at 4:30, lost at 7:00, back at 9:30 and done at 16:30.
    assert simulation.episodes[-1][0] == START + 16.5 * MINUTE


# A process that is killed

APP = """
import os
import time
from pathlib import Path

import azure.durable_functions as df

app = df.DFApp()
SEEN = Path(os.environ["SEEN"])


@app.orchestration_trigger(context_name="context")
def one(context):
    return (yield context.call_activity("step", 1))


@app.activity_trigger(input_name="value")
def step(value: int) -> int:
    again = SEEN.exists()
    with SEEN.open("a") as seen:
        seen.write(f"{time.time()}\\n")
    time.sleep(0 if again else 60)
    return value

"""


@pytest.fixture
def app_of(tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    def make(provider: dict[str, str]) -> Path:
        folder = tmp_path / "app"
        folder.mkdir()
        (folder / "function_app.py").write_text(APP, encoding="utf-8")
        return host_json(folder, provider)

    return make


def runs(seen: Path) -> list[float]:
    return [float(line) for line in seen.read_text().splitlines()] if seen.exists() else []


@pytest.mark.host
def test_killed_host_s_activity_goes_on_after_its_timeout_and_not_before(
    host_of: HostOf, app_of: Callable[[dict[str, str]], Path], tmp_path: Path
) -> None:
    seen = tmp_path / "seen.txt"
    app = app_of({"workItemQueueVisibilityTimeout": "00:10:00"})
    scale = {"FUNCTIONS_HOST_RECOVERY_SCALE": "0.01"}  # ten minutes are six seconds
    host = host_of(app, "--recovery", "azure", SEEN=str(seen), **scale)
    name = host.begin("one")
    until(lambda: runs(seen), "the activity to begin")
    host.stop(signal.SIGKILL)
    host.start()

    assert host.wait(name)["output"] == 1
    first, second = runs(seen)
    assert second - first > 5.9


@pytest.mark.host
def test_new_orchestration_waits_for_the_leases_of_a_killed_host(
    host_of: HostOf, app_of: Callable[[dict[str, str]], Path], tmp_path: Path
) -> None:
    seen = tmp_path / "seen.txt"
    scale = {"FUNCTIONS_HOST_RECOVERY_SCALE": "0.06"}  # 90 seconds are 5.4
    host = host_of(app_of({}), "--recovery", "azure", SEEN=str(seen), **scale)
    seen.write_text(f"{time.time()}\n")
    host.stop(signal.SIGKILL)
    host.start()
    name = host.begin("one")

    host.wait(name, "Completed")
    killed, ran = runs(seen)
    assert ran - killed > 4.7, "the leases were renewed at most 0.6 seconds before the kill"
    assert "for the leases of a killed host" in host.output


@pytest.mark.host
def test_stopped_host_s_activity_goes_on_at_once(
    host_of: HostOf, app_of: Callable[[dict[str, str]], Path], tmp_path: Path
) -> None:
    seen = tmp_path / "seen.txt"
    host = host_of(app_of({}), "--recovery", "azure", SEEN=str(seen))
    name = host.begin("one")
    until(lambda: runs(seen), "the activity to begin")
    host.stop(signal.SIGTERM)
    host.start()

    assert host.wait(name)["output"] == 1, "after five minutes, had it been killed"
