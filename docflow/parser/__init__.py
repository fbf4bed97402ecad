"""Reads files of the formats taken, run as a child process: `python -m docflow.parser`.

A hostile file may crash a parser, exhaust the memory or run for ever; in here only this process
suffers. Each format is imported when a file needs it, and nothing of docflow beyond this package,
so that the process starts fast.
"""

from __future__ import annotations
