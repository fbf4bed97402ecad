"""Calls spread over time, for all instances of the app together."""

from __future__ import annotations
