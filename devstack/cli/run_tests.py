"""`dev.py test`: pytest, told where the tools are that some tests start."""

from __future__ import annotations

import argparse
import os
import sys

from devstack.cli.arguments import add_engine
from devstack.cli.host import become
from devstack.environment.root import ROOT
from devstack.environment.setup import ensure_environment
from devstack.stack.engine import ENGINE_VARIABLE, choose_engine, wanted_engine
from devstack.stack.processes import with_first_on_path


def run(arguments: argparse.Namespace) -> int:
    """Become pytest; whole stacks of tests take their engine from the environment."""
    option, chosen = _split([*arguments.rest, *arguments.pytest])
    wanted = wanted_engine(arguments.engine or option, os.environ)
    os.environ[ENGINE_VARIABLE] = choose_engine(wanted, os.environ)
    tools = ensure_environment()
    os.environ.update(with_first_on_path(os.environ, tools.node.parent))
    os.environ["DOCFLOW_NODE"] = str(tools.node)
    os.environ["DOCFLOW_AZURITE_JS"] = str(tools.azurite_js)
    os.environ["DOCFLOW_TESSDATA"] = str(tools.tessdata)
    # Tests start Python hundreds of times: what it has compiled once is kept, whatever is set.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    # On a build server a test that skips itself hides that something essential is missing.
    strict = ["-p", "devstack.checks.no_skips"] if os.environ.get("CI") else []
    # Tests that share a service follow each other all the same: tests/conftest.py groups them.
    parallel = [] if any(map(_names_tests, chosen)) else ["-n", "auto"]
    return become([sys.executable, "-m", "pytest", *strict, *parallel, *chosen], folder=ROOT)


def _split(arguments: list[str]) -> tuple[str | None, list[str]]:
    """Return the engine that stands among the arguments of pytest, and the others."""
    options = argparse.ArgumentParser(prog="dev.py test", add_help=False, allow_abbrev=False)
    add_engine(options)
    known, others = options.parse_known_args(arguments)
    return known.engine, others


def _names_tests(argument: str) -> bool:
    """Return whether a pytest argument chooses a few tests, for which workers do not pay off."""
    return not argument.startswith("-") and (ROOT / argument.partition("::")[0]).exists()
