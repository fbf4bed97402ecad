"""Recognizes text that talks to the model instead of the reader. It is data: nobody obeys it."""

from __future__ import annotations

from devstack.services.text.vocabulary import section_pattern

TALK = section_pattern("model_talk", "talk")


def talks_to_the_model(text: str) -> bool:
    """Returns whether the passage tries to instruct whoever reads it by machine."""
    return TALK.search(text) is not None
