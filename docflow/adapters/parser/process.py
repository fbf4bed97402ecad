"""The child process in which a file is parsed: used once, with limits, without settings or keys.

Starting Python and its libraries takes longer than reading most files. So one process waits with
both loaded. It has seen no document yet, and ends when this process ends.
"""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

import docflow
from docflow.errors import DiskShortError, ErrorCode, TransientError

BUSY_SHARE = 0.5
"""Share of the timeout that a parser must have computed for its file to be the cause; with less,
the machine was too busy."""
KILLED = 9
"""SIGKILL; Windows has no name for it."""
PASSED_ON = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH")
"""Environment variables that are passed on; keys and connection strings are not."""
TEMPORARY = ("TEMP", "TMP", "TMPDIR")
"""Environment variables that name the folder for temporary files."""
WAIT = "wait"
"""Command to load what most files need, and then to read the real command from standard input."""

Lines = list[dict[str, Any]]


class ParserProcess:
    """A process that carries out one command."""

    def __init__(self, arguments: Sequence[str]) -> None:
        try:
            self._output = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it was read
        except OSError as error:  # the disk is full, or too many files are open
            full = DiskShortError.is_cause_of(error)
            raise (DiskShortError() if full else _starved()) from error
        # -P keeps the working folder, where anyone may write, off the module path.
        command = [sys.executable, "-P", "-m", "docflow.parser", *arguments]
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell
                command,
                stdin=subprocess.PIPE,
                stdout=self._output,
                stderr=subprocess.DEVNULL,
                env=_environment(),
                start_new_session=True,
            )
        except OSError as error:
            self._output.close()
            raise _starved() from error

    def tell(self, arguments: Sequence[str]) -> bool:
        """Send the command to a waiting process; return whether the process is still alive."""
        if self._process.poll() is not None or self._process.stdin is None:
            return False
        try:
            self._process.stdin.write(json.dumps(list(arguments)).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            return False
        return True

    def lines(self, *, seconds: float, most_bytes: int) -> Lines:
        """Wait for the end, and return the lines of the answer, up to a crash if there was one.

        Return none where the process exceeded the timeout or the size of an answer.

        Raises:
            TransientError: the machine was too busy to read the file.
        """
        with self._output:
            try:
                status = self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                if self._end() < BUSY_SHARE * seconds:
                    raise _starved() from None
                return []
            finally:
                self._end()
            if status == -KILLED:  # by the system, when the machine is short of memory
                raise _starved()
            answer_bytes = self._output.seek(0, os.SEEK_END)
            if answer_bytes == 0:  # it ended before it began to read the file
                raise _starved()
            return self._read_lines() if answer_bytes <= most_bytes else []

    def give_up(self) -> None:
        """End the process at once."""
        self._end()
        self._output.close()

    def _end(self) -> float:
        """End the process if it still runs; return its computing time, infinite where unknown."""
        process = self._process
        if process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()
        if process.poll() is not None:
            return math.inf
        if sys.platform == "win32":
            process.kill()
            process.wait()
            return math.inf
        os.killpg(process.pid, signal.SIGKILL)
        # Like `wait`, but it returns the computing time too.
        _, _, used = os.wait4(process.pid, 0)
        process.returncode = -KILLED
        return used.ru_utime + used.ru_stime

    def _read_lines(self) -> Lines:
        """Return the complete lines; the last one may be cut off."""
        self._output.seek(0)
        return [json.loads(line) for line in self._output if line.endswith(b"\n")]


class ParserProcesses:
    """Starts processes, and keeps one ready where that is configured."""

    def __init__(self, *, keep_one_waiting: bool) -> None:
        self._keep_one_waiting = keep_one_waiting
        self._waiting: list[ParserProcess] = []
        self._taking = Lock()
        weakref.finalize(self, _give_up, self._waiting)

    def start(self, arguments: Sequence[str]) -> ParserProcess:
        """Start a command in a process.

        Raises:
            TransientError: the machine cannot start another process.
        """
        if not self._keep_one_waiting:
            return ParserProcess(arguments)
        started = self._tell_one(arguments) or ParserProcess(arguments)
        with self._taking, suppress(TransientError):
            if not self._waiting:
                self._waiting.append(ParserProcess([WAIT]))
        return started

    def _tell_one(self, arguments: Sequence[str]) -> ParserProcess | None:
        """Send the command to the waiting process; return None where none is alive."""
        with self._taking:
            if not self._waiting:
                return None
            waiting = self._waiting.pop()
        if waiting.tell(arguments):
            return waiting
        waiting.give_up()
        return None


def _give_up(waiting: list[ParserProcess]) -> None:
    for process in waiting:
        process.give_up()


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    root = str(Path(docflow.__file__).parents[1])
    kept |= dict.fromkeys(TEMPORARY, tempfile.gettempdir())  # as this process, which cleans up
    return {**kept, "PYTHONPATH": os.pathsep.join([root, *filter(None, sys.path)])}


def _starved() -> TransientError:
    return TransientError(
        ErrorCode.PARSER_STARVED,
        "The machine was too busy to read the file; the step is tried again.",
    )
