"""Run one command; each foreseeable failure is a message and an exit code."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

from devstack.cli.arguments import parser
from devstack.stack.errors import StackError
from devstack.stack.interruption import Interrupted

# Modules are loaded by need: `status` is not to wait for what only `demo` uses.
_MODULES = {
    "demo": "demo",
    "test": "run_tests",
    "up": "up",
    "drop": "drop",
    "status": "status",
    "approve": "decide",
    "reject": "decide",
    "host": "host",
    "check": "check",
    "bench": "bench",
    "eval": "eval",
    "lock": "lock",
}
# Commands that hand what they don't know to the program they run.
_PASSING_ON = {"host", "test"}


def main(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit code."""
    known, rest = parser().parse_known_args(arguments)
    if rest and known.command not in _PASSING_ON:
        parser().error(f"unrecognized arguments: {' '.join(rest)}")
    known.rest = rest
    try:
        command = importlib.import_module(f"devstack.cli.{_MODULES[known.command]}")
        code: int = command.run(known)
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    except Interrupted as stop:
        return stop.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return _output_closed()
    return code


def _output_closed() -> int:
    """Return 0 where the reader of the output has ended (`| head`): nothing more can be said."""
    sys.stderr.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
