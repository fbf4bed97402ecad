"""Local development stack: never imported by the app."""

from __future__ import annotations
