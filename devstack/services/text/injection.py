"""Recognize prompt injection: text that addresses the model instead of the reader."""

from __future__ import annotations

from devstack.services.text.vocabulary import section_pattern

INSTRUCTIONS = section_pattern("prompt_injection", "instructions")


def is_prompt_injection(text: str) -> bool:
    """Return whether the passage tries to instruct whoever reads it by machine."""
    return INSTRUCTIONS.search(text) is not None
