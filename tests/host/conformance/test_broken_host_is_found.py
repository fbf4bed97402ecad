"""A stand-in host that breaks one rule of the protocol is found by the recorded scenarios.

The file is also the program of the broken host: ``test_broken_host_is_found.py FAULT OPTION...``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from devstack.functions_host import __main__ as program
from devstack.functions_host.app.invocation import Invoker
from devstack.functions_host.conformance import APP, ENVIRONMENT, probe
from devstack.functions_host.conformance.comparison import differences, play_all, recorded
from devstack.functions_host.engine import episode, failures
from devstack.functions_host.engine.replay import Replay
from devstack.functions_host.hub import client
from devstack.functions_host.hub.client import TaskHubClient
from devstack.functions_host.testing import RunningHost
from devstack.functions_host.triggers.blob_paths import BlobPath
from devstack.functions_host.web import management
from devstack.functions_host.web.server import Route

pytestmark = [pytest.mark.host, pytest.mark.emulator]


@dataclass(frozen=True)
class Fault:
    """A rule of the protocol, the scenario that shows it, and what breaks it."""

    rule: str
    scenario: str
    apply: Callable[[], None]


FAULTS: dict[str, Fault] = {}


def fault(rule: str, scenario: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    def add(apply: Callable[[], None]) -> Callable[[], None]:
        FAULTS[apply.__name__] = Fault(rule, scenario, apply)
        return apply

    return add


def put(owner: Any, name: str, make: Callable[[Any], Any]) -> None:
    """Replace a function of the host by one made of it."""
    setattr(owner, name, make(getattr(owner, name)))


@fault("HTTP: a route with methods takes no others", "http_forms")
def any_method() -> None:
    put(Route, "of", lambda of: lambda *given: replace(of(*given), methods=frozenset()))


@fault("Invocation: an activity gets the value and not its text", "chain")
def inputs_as_text() -> None:
    def make(old: Any) -> Any:
        return lambda self, function, text: old(self, function, json.dumps(text))

    put(Invoker, "run_activity", make)


@fault("Orchestrator's input: the input of the instance is handed over", "echo")
def input_forgotten() -> None:
    def make(old: Any) -> Any:
        return lambda instance, started, lines: old(instance, started, lines).replace(
            '"input":"{', '"input":null,"was":"{'
        )

    put(episode, "_payload", make)


@fault("History events: an event that was raised has a trace context", "event")
def no_trace_context() -> None:
    def make(old: Any) -> Any:
        return lambda *given: {k: v for k, v in old(*given).items() if k != "ParentTraceContext"}

    put(client, "event_raised", make)


@fault("Orchestrator's output: the custom status is shown", "status_shown")
def no_custom_status() -> None:
    put(episode, "read_answer", lambda old: lambda reply: replace(old(reply), custom_status=None))


@fault("Actions: what comes after a group waits for all of it", "fan_out_one_fails")
def first_of_all() -> None:
    Replay._start_all = Replay._start_any  # type: ignore[method-assign]


@fault("Ids: a sub-orchestration is named after its parent's execution", "parent")
def other_child_ids() -> None:
    put(client, "uuid", lambda old: SimpleNamespace(uuid4=old.uuid4, UUID=str))


@fault("Completion: a timer that was not cancelled holds it back", "timer_not_cancelled")
def timers_forgotten() -> None:
    def make(old: Any) -> Any:
        def conclude(self: Any, answer: Any, replay: Any) -> Any:
            if answer.done:
                replay.open.clear()
            return old(self, answer, replay)

        return conclude

    put(episode._Execution, "_conclude", make)


@fault("Continue as new: the new execution has no generation", "again")
def generation_kept() -> None:
    def make(old: Any) -> Any:
        return lambda at, **given: old(at, **{**given, "generation": 0})

    put(episode, "execution_started", make)


@fault("Determinism: another activity than in the history is an error", "not_deterministic")
def changes_of_mind_accepted() -> None:
    put(Replay, "_match", lambda _old: lambda self, _kind, item: self.pending.pop(item["EventId"]))


@fault("Failures: the reason names the activity and the exception", "fails_unhandled")
def other_reason() -> None:
    put(failures, "activity_reason", lambda old: lambda *given: old(*given).replace(": ", ":  "))


@fault("Suspension: what comes meanwhile waits for the resumption", "suspend_resume")
def not_held_back() -> None:
    put(Replay, "feed", lambda _old: Replay._process)


@fault("Management API: an instance that runs cannot be purged", "purge")
def purged_alive() -> None:
    put(TaskHubClient, "purge", lambda _old: lambda self, name: self.store.purge([name]))


@fault("Management API: an instance that has not failed cannot be rewound", "rewind_running")
def rewound_alive() -> None:
    put(TaskHubClient, "rewind", lambda _old: lambda self, name, reason: None)


@fault("Management API: every id is taken", "start_by_api")
def long_ids_refused() -> None:
    def make(old: Any) -> Any:
        def start(self: Any, name: str, instance_id: str | None, *rest: Any) -> Any:
            if len(instance_id or "") > 256:
                raise client.ArgumentRefusedError("too long")
            return old(self, name, instance_id, *rest)

        return start

    put(TaskHubClient, "start", make)


@fault("Management API: an id that is in use is a conflict", "same_id_running")
def ids_used_twice() -> None:
    put(TaskHubClient, "_next_generation", lambda _old: lambda self, name: 0)


@fault("Management API: an event needs a value", "event_no_body")
def empty_events() -> None:
    def make(old: Any) -> Any:
        async def text_of(request: Any) -> str:
            return await old(request) or "null"

        return text_of

    put(management, "_json_text", make)


@fault("Blob trigger: a path matches in its own letters", "blob_uploaded")
def any_letters() -> None:
    put(BlobPath, "match", lambda old: lambda self, name: old(self, name.lower()))


@fault("host.json: says after how many tries a blob is given up", "blob_poisoned")
def another_try() -> None:
    def make(old: Any) -> Any:
        def load(folder: Path) -> Any:
            found = old(folder)
            return replace(found, poison_blob_threshold=found.poison_blob_threshold + 1)

        return load

    put(program, "load_host_json", make)


@pytest.mark.parametrize("name", FAULTS)
def test_broken_host_is_found(
    name: str, azurite: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "PATIENCE_SECONDS", 15.0)
    scenario = FAULTS[name].scenario
    broken = (str(Path(__file__)), name)
    environment = {**ENVIRONMENT, "AzureWebJobsStorage": azurite}
    state = tmp_path / "state.sqlite"
    host = RunningHost(APP, state, ["--scan-interval=0.5"], environment, broken)
    host.start()
    try:
        shown = play_all(host.url("").rstrip("/"), [scenario])[scenario]
    finally:
        host.end()

    found = differences(scenario, recorded()[scenario], shown)

    assert found, f"nothing shows that the host breaks a rule ({FAULTS[name].rule})"
    assert found[0].shown != "broke off", shown[-1]


if __name__ == "__main__":
    FAULTS[sys.argv.pop(1)].apply()
    sys.exit(program.main())
