"""`dev.py eval`: run the evaluation on labelled documents as a program of its own.

It runs the steps of the app from above, so nothing below imports it: this command starts it by
name, as `dev.py bench` starts the benchmarks.
"""

from __future__ import annotations

import argparse
import sys

from devstack.cli.host import become
from devstack.environment.root import ROOT


def run(arguments: argparse.Namespace) -> int:
    """Become the program that evaluates."""
    return become([sys.executable, "-m", "evals", *options(arguments)], folder=ROOT)


def options(arguments: argparse.Namespace) -> list[str]:
    """Return the options of `python -m evals`; paths hold from any folder."""
    chosen = [f"--against={name}" for name in arguments.against]
    chosen += [f"--language={code}" for code in arguments.language]
    for name in ("twins", "check", "write_baseline"):
        chosen += [f"--{name.replace('_', '-')}"] if getattr(arguments, name) else []
    for name in ("json", "html"):
        file = getattr(arguments, name)
        chosen += [] if file is None else [f"--{name}", str(file.absolute())]
    if arguments.compare:
        chosen += ["--compare", *(str(file.absolute()) for file in arguments.compare)]
    return chosen
