"""Measurements whose figures stand in BENCHMARKS.md; `python3 dev.py bench` runs them."""

from __future__ import annotations
