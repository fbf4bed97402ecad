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
    # On a build server a test that skips itself hides that something essential is missing.
    strict = ["-p", "devstack.checks.no_skips"] if os.environ.get("CI") else []
    chosen = [*arguments.rest, *arguments.pytest]
    return become([sys.executable, "-m", "pytest", *strict, *chosen], folder=ROOT)
