"""What the model is asked, and how its answers are kept."""

from __future__ import annotations
