"""The sample documents of docflow and the program that makes them."""

from __future__ import annotations
