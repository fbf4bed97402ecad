"""Stand-ins for the parts of the stack, for the tests of the command line."""

from __future__ import annotations
