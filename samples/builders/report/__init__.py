"""The annual report of 44 pages: its topics, its sentences and its layout."""

from __future__ import annotations
