"""The process in which a file is parsed: it is used once, with limits, and knows no settings.

To start Python and its libraries takes longer than to read most files. So one process waits with
both loaded; it holds nothing of any document, and ends by itself when this process does.
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
from docflow.errors import ErrorCode, TransientError

BUSY_SHARE = 0.5
"""Share of its time that a parser computes where the file is to blame; below, the machine is."""
KILLED = 9
"""The signal that ends a process at once; Windows has no name for it."""
PASSED_ON = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "LD_LIBRARY_PATH")
"""What the parser gets of the environment; keys and connection strings stay out."""
WAIT = "wait"
"""The command to load what most files need, and to take the real command from standard input."""

Lines = list[dict[str, Any]]


class ParserProcess:
    """A process that carries out one command."""

    def __init__(self, arguments: Sequence[str]) -> None:
        try:
            self._output = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it was read
        except OSError as error:  # no place on the disk, or for another open file
            raise _starved() from error
        # -P keeps the working folder, which is anybody's, off the module path.
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
        """Give the command to a process that waits for it; gives whether it still lives."""
        if self._process.poll() is not None or self._process.stdin is None:
            return False
        try:
            self._process.stdin.write(json.dumps(list(arguments)).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            return False
        return True

    def lines(self, *, seconds: float, most_bytes: int) -> Lines:
        """Wait for the end; gives the lines it said, up to where it crashed or ran out of memory.

        Nothing it said counts where it took all the time or said too much.

        Raises:
            TransientError: the machine was too busy to say anything about the file.
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
            if status == -KILLED:  # by the system, where memory is short; no parser does so itself
                raise _starved()
            said_bytes = self._output.seek(0, os.SEEK_END)
            if said_bytes == 0:  # it never came to the file: it died while it waited or started
                raise _starved()
            return self._read_lines() if said_bytes <= most_bytes else []

    def give_up(self) -> None:
        """End the process, whatever it is doing."""
        self._end()
        self._output.close()

    def _end(self) -> float:
        """End the process where it still runs; gives the seconds it computed, if that is known."""
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
        # As `wait`, which does not tell what was used.
        _, _, used = os.wait4(process.pid, 0)
        process.returncode = -KILLED
        return used.ru_utime + used.ru_stime

    def _read_lines(self) -> Lines:
        """Read what was said; the last line may have been cut off by the end."""
        self._output.seek(0)
        return [json.loads(line) for line in self._output if line.endswith(b"\n")]


class ParserProcesses:
    """Starts processes, and keeps one waiting where that is wanted."""

    def __init__(self, *, keep_one_waiting: bool) -> None:
        self._keep_one_waiting = keep_one_waiting
        self._waiting: list[ParserProcess] = []
        self._taking = Lock()
        weakref.finalize(self, _give_up, self._waiting)

    def start(self, arguments: Sequence[str]) -> ParserProcess:
        """Have a process carry out a command.

        Raises:
            TransientError: the machine has no place for another process.
        """
        if not self._keep_one_waiting:
            return ParserProcess(arguments)
        started = self._tell_one(arguments) or ParserProcess(arguments)
        with self._taking, suppress(TransientError):
            if not self._waiting:
                self._waiting.append(ParserProcess([WAIT]))
        return started

    def _tell_one(self, arguments: Sequence[str]) -> ParserProcess | None:
        """Give the command to the process that waits; None where there is none that lives."""
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
    return {**kept, "PYTHONPATH": os.pathsep.join([root, *filter(None, sys.path)])}


def _starved() -> TransientError:
    return TransientError(
        ErrorCode.PARSER_STARVED, "The machine was too busy to read the file; it is tried again."
    )
