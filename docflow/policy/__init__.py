"""Decisions as pure functions, one kind of decision in each module.

They use no clock, setting or service, so orchestrators can call them during replay.
"""

from __future__ import annotations
