"""Decisions, as pure functions of values; one idea a module.

Nothing here reads a clock, a setting or a service, so orchestrators may call it on replay.
"""

from __future__ import annotations
