"""Fakes and history builders for tests of docflow and of what is built on it."""

from __future__ import annotations
