"""Starts the host by an app's interpreter: ``launcher.py PACKAGES OPTION...``.

That interpreter knows the app's packages; those in the folder PACKAGES, which the host needs, come
last. PACKAGES is empty where the interpreter has them all.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[3])  # in place of this file's folder
    packages = sys.argv.pop(1)
    if packages:
        sys.path.append(packages)
    runpy.run_module("devstack.functions_host", run_name="__main__", alter_sys=True)
