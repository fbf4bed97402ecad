"""What the demo expects of each sample, and how it tells what became of it."""

from __future__ import annotations
