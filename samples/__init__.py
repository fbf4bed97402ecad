"""The sample documents of docflow and the program that creates them."""

from __future__ import annotations
