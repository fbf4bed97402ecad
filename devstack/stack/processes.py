"""The child processes of a stack: each with a log file, all ended with their parent."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from devstack.stack import watchdog
from devstack.stack.errors import StackError
from devstack.stack.interruption import Interruption

GRACE_SECONDS = 10.0
_LOG_LINES_SHOWN = 15


@dataclass(frozen=True, slots=True)
class Program:
    """What to run."""

    name: str
    title: str
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path


class Child:
    """One running program."""

    def __init__(self, program: Program, log: Path) -> None:
        self.program = program
        self.log = log
        self.started = time.monotonic()
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                program.command,
                cwd=program.folder,
                env=dict(program.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # A group of its own: Ctrl-C reaches the parent alone, which ends all in order.
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )

    @property
    def pid(self) -> int:
        """Return the process id, which is its group's id too."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """Return its exit code; None while it runs."""
        return self._process.poll()

    def end(self, grace_seconds: float = GRACE_SECONDS) -> None:
        """Ask it to end, and after a while make it end, with everything it started."""
        if self.exit_code is None:
            watchdog.end(self.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(grace_seconds)
        watchdog.end(self.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        self._process.wait()

    def describe_end(self) -> str:
        """Return how it ended, with the last lines of its log."""
        try:
            text = self.log.read_text(encoding="utf-8", errors="replace")
        except OSError:
            text = ""
        lines = [f"  {line}" for line in text.splitlines()[-_LOG_LINES_SHOWN:]]
        end = f"The {self.program.title} ended with exit code {self.exit_code}."
        output = ["Its last lines:", *lines] if lines else ["It printed nothing."]
        return "\n".join([end, *output, f"Log: {self.log}"])


class Processes:
    """All children of one stack. Leaving the block ends them, the youngest first."""

    def __init__(self, logs: Path, interruption: Interruption) -> None:
        self._logs = logs
        self._interruption = interruption
        self._children: dict[str, Child] = {}
        self._watchdog: subprocess.Popen[bytes] | None = None

    def start(self, program: Program) -> Child:
        """Start a program, or start it again under the same name."""
        self._logs.mkdir(parents=True, exist_ok=True)
        with self._interruption.deferred():
            guard = self._guard()
            previous = self._children.pop(program.name, None)
            if previous is not None:
                previous.end()
                _tell(guard, f"-{previous.pid}")
            log = self._logs / f"{program.name}.log"
            if previous is None:
                log.unlink(missing_ok=True)
            try:
                child = Child(program, log)
            except OSError as error:
                raise StackError(f"The {program.title} does not start: {error}") from error
            self._children[program.name] = child
            _tell(guard, f"+{child.pid}")
        return child

    def end(self) -> None:
        """End all of them."""
        for child in reversed(self._children.values()):
            child.end()
            _tell(self._guard(), f"-{child.pid}")
        self._children.clear()
        if self._watchdog is not None:
            _close(self._watchdog)
            self._watchdog = None

    def wait_until(
        self, child: Child, ready: Callable[[], bool], *, seconds: float, wanted: str
    ) -> None:
        """Wait for a child to be ready; say so clearly where it dies first, or never is."""
        deadline = time.monotonic() + seconds
        while not ready():
            if child.exit_code is not None:
                raise StackError(child.describe_end())
            if time.monotonic() > deadline:
                raise StackError(
                    f"The {child.program.title} is not ready after {seconds:.0f} s: {wanted}.\n"
                    f"Log: {child.log}"
                )
            time.sleep(0.05)

    def _guard(self) -> subprocess.Popen[bytes]:
        if self._watchdog is None or self._watchdog.poll() is not None:
            self._watchdog = subprocess.Popen(
                [sys.executable, "-I", "-S", str(Path(watchdog.__file__))],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
            for child in self._children.values():
                _tell(self._watchdog, f"+{child.pid}")
        return self._watchdog


def _pipe(guard: subprocess.Popen[bytes]) -> IO[bytes]:
    if guard.stdin is None:
        raise StackError("The watchdog was started without a pipe.")
    return guard.stdin


def _tell(guard: subprocess.Popen[bytes], line: str) -> None:
    with contextlib.suppress(BrokenPipeError):  # it is gone: the next start makes another
        pipe = _pipe(guard)
        pipe.write(line.encode() + b"\n")
        pipe.flush()


def _close(guard: subprocess.Popen[bytes]) -> None:
    _pipe(guard).close()
    guard.wait()


def with_first_on_path(environ: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return the same environment, in which the programs of a folder are found first."""
    return {**environ, "PATH": os.pathsep.join([str(folder), environ.get("PATH", "")])}
