"""The domain of docflow: documents, pages, summaries, urgency, decisions and records."""

from __future__ import annotations
