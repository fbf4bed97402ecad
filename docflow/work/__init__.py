"""The claim-check store: what the steps of one document leave for each other, and where."""

from __future__ import annotations
