"""Every child ends with its parent, however the parent ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from devstack.environment.root import ROOT
from devstack.stack import watchdog
from devstack.stack.errors import StackError
from devstack.stack.interruption import Interrupted, Interruption
from devstack.stack.processes import Child, Processes, Program
from devstack.testing.deadline import wait_for

IGNORES_SIGTERM = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('ready', flush=True); time.sleep(600)"
)

SAVES_WHEN_ASKED_ONCE = """
import signal, sys, time

def save(number, frame):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    time.sleep(0.5)
    print("saved", flush=True)
    sys.exit()

signal.signal(signal.SIGTERM, save)
print("ready", flush=True)
time.sleep(600)
"""


def is_alive(pid: int) -> bool:
    """Return whether a process runs; one that has ended but waits to be collected does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return not Path("/proc").is_dir()


def program(code: str, folder: Path) -> Program:
    return Program("child", "test child", [sys.executable, "-c", code], os.environ, folder)


@pytest.mark.parametrize(
    ("number", "exit_code"),
    [
        (signal.SIGINT, 130),
        (signal.SIGTERM, 143),
        (signal.SIGHUP, 129),
        (signal.SIGKILL, -signal.SIGKILL),
    ],
)
def test_children_end_with_their_parent(tmp_path: Path, number: int, exit_code: int) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-m", "devstack.testing.process_tree", str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    with parent, parent.stdout:
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 3
        assert all(is_alive(pid) for pid in pids)

        parent.send_signal(number)

        assert parent.wait(15) == exit_code
    wait_for(lambda: not any(map(is_alive, pids)), what=f"processes {pids} have ended")


def test_child_that_is_ending_by_itself_is_not_asked_a_second_time(tmp_path: Path) -> None:
    child = Child(program(SAVES_WHEN_ASKED_ONCE, tmp_path), tmp_path / "child.log")
    wait_for(lambda: child.log.read_text() == "ready\n", what="the child handles SIGTERM")
    watchdog.end(child.pid, signal.SIGTERM)

    command = [sys.executable, watchdog.__file__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as guard:
        assert guard.stdin is not None
        guard.stdin.write(f"+{child.pid}\n")
        guard.stdin.close()
        wait_for(lambda: child.exit_code is not None, what="the child has ended")

    assert (child.exit_code, child.log.read_text()) == (0, "ready\nsaved\n")


def test_child_that_ignores_the_polite_signal_ends_too(tmp_path: Path) -> None:
    child = Child(program(IGNORES_SIGTERM, tmp_path), tmp_path / "child.log")
    wait_for(lambda: child.log.read_text() == "ready\n", what="the child ignores SIGTERM")

    child.end(grace_seconds=0.1)

    assert child.exit_code == -signal.SIGKILL


def test_child_that_dies_early_is_quoted(tmp_path: Path) -> None:
    dies = "print('cannot read the settings'); raise SystemExit(3)"
    with Interruption() as interruption:
        processes = Processes(tmp_path, interruption)
        try:
            child = processes.start(program(dies, tmp_path))
            with pytest.raises(StackError) as failure:
                processes.wait_until(child, lambda: False, seconds=15, wanted="never")
        finally:
            processes.end()

    assert "The test child ended with exit code 3." in str(failure.value)
    assert "cannot read the settings" in str(failure.value)
    assert str(child.log) in str(failure.value)


def test_child_that_is_never_ready_is_named_with_what_was_expected(tmp_path: Path) -> None:
    with Interruption() as interruption:
        processes = Processes(tmp_path, interruption)
        try:
            child = processes.start(program("import time; time.sleep(600)", tmp_path))
            with pytest.raises(StackError, match="not ready after 0 s: its port is to be open"):
                processes.wait_until(
                    child, lambda: False, seconds=0.1, wanted="its port is to be open"
                )
        finally:
            processes.end()


def test_program_that_does_not_exist_is_named(tmp_path: Path) -> None:
    absent = Program("child", "test child", [str(tmp_path / "absent")], os.environ, tmp_path)
    with Interruption() as interruption:
        processes = Processes(tmp_path, interruption)
        with pytest.raises(StackError, match="The test child does not start"):
            processes.start(absent)
        processes.end()


def test_signal_waits_for_the_end_of_what_must_be_completed() -> None:
    completed: list[bool] = []

    def act(interruption: Interruption) -> None:
        with interruption.deferred():
            signal.raise_signal(signal.SIGTERM)
            completed.append(True)

    with Interruption() as interruption, pytest.raises(Interrupted) as stop:
        act(interruption)

    assert completed
    assert stop.value.exit_code == 128 + signal.SIGTERM
