"""The stand-in for Jira: issues in memory, over REST version 2.

May touch: its own issues.
"""

from __future__ import annotations
