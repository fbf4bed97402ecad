"""Answer `dev.py`: make the environment where it is missing, then run the command in it.

Standard library alone, with everything it imports: it runs on the bare Python of the machine until
the environment exists. The command itself is loaded by name, inside the environment.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from devstack.cli.__main__ import main as run_command
from devstack.cli.arguments import parser
from devstack.environment.installers import SetupError
from devstack.environment.messages import say
from devstack.environment.root import ROOT
from devstack.environment.setup import ensure_environment
from devstack.environment.tools import Environment


def main(arguments: Sequence[str]) -> int:
    """Make the environment, run the command inside it, and return its exit code."""
    parser().parse_known_args(arguments)  # --help and wrong usage are answered without installing
    try:
        environment = ensure_environment()
    except SetupError as error:
        say(f"\n{error}")
        return 1
    except OSError as error:
        say(f"\nThe environment could not be made in {ROOT / '.venv'}: {error}")
        return 1
    except KeyboardInterrupt:
        say("\nInterrupted. The next run starts the set-up again.")
        return 130
    if Path(sys.prefix).resolve() == environment.venv.resolve():
        return run_command(arguments)
    return _hand_over(environment, arguments)


def _hand_over(environment: Environment, arguments: Sequence[str]) -> int:
    """Become the interpreter of the environment, so that signals and exit codes are its own."""
    command = [str(environment.python), str(ROOT / "dev.py"), *arguments]
    if os.name != "nt":
        os.execv(command[0], command)  # noqa: S606 - no shell is wanted
    with subprocess.Popen(command) as child:
        while True:
            # Ctrl-C reaches the child as well: it cleans up, and this process waits for it.
            with contextlib.suppress(KeyboardInterrupt):
                return child.wait()
