"""The language model: where it is asked, what its server understands, and what its answers mean."""

from __future__ import annotations
