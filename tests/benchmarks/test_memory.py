"""Memory counts what a process has started, but for parsers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.memory import watched

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads /proc")

MEGABYTES = 60
HOLD = f"held = b'1' * ({MEGABYTES} * 2**20); print('held', flush=True); input()"


@pytest.mark.parametrize(("arguments", "counts"), [([], True), (["docflow.parser"], False)])
def test_memory_of_a_tree(arguments: list[str], *, counts: bool) -> None:
    parent = (
        "import subprocess, sys;"
        f"child = subprocess.Popen([sys.executable, '-c', {HOLD!r}, *sys.argv[1:]]);"
        "child.wait()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", parent, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with watched(process.pid) as alone, watched(process.pid, tree=True) as tree:
            more = tree() - alone()
        process.communicate("\n")

    assert (more > MEGABYTES) == counts
