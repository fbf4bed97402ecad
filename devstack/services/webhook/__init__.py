"""The receiver of notifications: keeps what was posted to it.

May touch: its own list.
"""

from __future__ import annotations
