"""The command line of `dev.py`: `start` makes the environment, one module per command does it.

May touch: every other room but `testing`. What can be typed is in `arguments`.
"""

from __future__ import annotations
