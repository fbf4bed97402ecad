"""`dev.py test`: pytest, told where the tools are that some tests start."""

from __future__ import annotations

import argparse
import os
import sys

from devstack.cli.host import become
from devstack.environment.root import ROOT
from devstack.environment.setup import ensure_environment
from devstack.stack.processes import with_first_on_path


def run(arguments: argparse.Namespace) -> int:
    """Become pytest."""
    tools = ensure_environment()
    os.environ.update(with_first_on_path(os.environ, tools.node.parent))
    os.environ["DOCFLOW_NODE"] = str(tools.node)
    os.environ["DOCFLOW_AZURITE_JS"] = str(tools.azurite_js)
    os.environ["DOCFLOW_TESSDATA"] = str(tools.tessdata)
    # Tests start Python hundreds of times: what it has compiled once is kept, whatever is set.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    # On a build server a test that skips itself hides that something essential is missing.
    strict = ["-p", "devstack.checks.no_skips"] if os.environ.get("CI") else []
    chosen = [*arguments.rest, *arguments.pytest]
    # Tests that share a service follow each other all the same: tests/conftest.py groups them.
    parallel = [] if any(map(_names_tests, chosen)) else ["-n", "auto"]
    return become([sys.executable, "-m", "pytest", *strict, *parallel, *chosen], folder=ROOT)


def _names_tests(argument: str) -> bool:
    """Return whether a pytest argument chooses a few tests, for which workers do not pay off."""
    return not argument.startswith("-") and (ROOT / argument.partition("::")[0]).exists()
