"""Fakes, faults, scenarios and history builders for tests of docflow."""

from __future__ import annotations
