"""Calls of the language model: prompts and usage."""

from __future__ import annotations
