"""One module per family of sample documents; each builder returns the bytes of one file."""

from __future__ import annotations
