#!/usr/bin/env python3
# ruff: noqa: I002 - the future import is a syntax error on the old Pythons this file answers.
"""Make the environment of this repository, then run a command of devstack in it.

This file must parse on any Python, old ones too, so that it can say which one it needs.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the point of this file
    sys.exit(
        "dev.py needs Python 3.11 or later; this is Python %d.%d (%s).\n"  # noqa: UP031
        "Start it with a newer one, for example: python3.12 dev.py"
        % (sys.version_info[0], sys.version_info[1], sys.executable)
    )

from devstack.cli.start import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
