"""The result record of a document, its readable form, and what other systems are told."""

from __future__ import annotations
