"""Starts the host by an app's own interpreter: ``launcher.py PACKAGES OPTION...``.

That interpreter knows the app's packages; those in PACKAGES, which the host needs, come last.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[3])  # in place of this file's folder
    sys.path.append(sys.argv.pop(1))
    runpy.run_module("devstack.functions_host", run_name="__main__", alter_sys=True)
