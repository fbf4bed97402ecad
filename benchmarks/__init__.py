"""Measurements whose figures stand in BENCHMARKS.md."""

from __future__ import annotations
