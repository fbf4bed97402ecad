"""The command line: `arguments` says what there is, one module per command does it."""

from __future__ import annotations
