"""Text of any origin: its encoding, its characters, and whether it can be trusted."""

from __future__ import annotations
