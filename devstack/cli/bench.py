"""`dev.py bench`: run the benchmarks as a program of their own.

They measure the stack from above, so nothing below imports them: this command starts them by name,
as `dev.py test` starts pytest.
"""

from __future__ import annotations

import argparse
import os
import sys

from devstack.cli.host import become
from devstack.environment.root import ROOT
from devstack.stack.engine import ENGINE_VARIABLE, choose_engine, wanted_engine


def run(arguments: argparse.Namespace) -> int:
    """Become the program that measures; its stacks take their engine from the environment."""
    os.environ[ENGINE_VARIABLE] = choose_engine(
        wanted_engine(arguments.engine, os.environ), os.environ
    )
    return become([sys.executable, "-m", "benchmarks", *options(arguments)], folder=ROOT)


def options(arguments: argparse.Namespace) -> list[str]:
    """Return the options of `python -m benchmarks`; paths hold from any folder."""
    chosen = ["--list"] if arguments.list else []
    for app in arguments.app:
        chosen += ["--app", str(app.absolute())]
    chosen += ["--small"] if arguments.small else []
    chosen += [] if arguments.seeds is None else ["--seeds", str(arguments.seeds)]
    if arguments.json is not None:
        chosen += ["--json", str(arguments.json.absolute())]
    return [*chosen, *arguments.scenarios]
