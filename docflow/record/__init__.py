"""The result record of a document, its readable form, and the messages to other systems."""

from __future__ import annotations
