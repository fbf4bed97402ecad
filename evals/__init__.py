"""Labelled documents, and what docflow makes of them; `python3 dev.py eval` runs it."""

from __future__ import annotations
