"""Recognizes text that talks to the model instead of the reader. It is data: nobody obeys it."""

from __future__ import annotations

import re

ADDRESSES_THE_MODEL = re.compile(
    r"""\b(?:
      (?:ignore|disregard|forget|override)\b.{0,40}\b(?:instruction|prompt|rule|guideline|above|previous)
    | (?:mark|classify|label|rate|treat|report|flag|score)\b.{0,40}\bas\s+["'“]?(?:normal|urgent|routine|low|not\s+urgent|non-urgent)
    | (?:you\s+are|as|act\s+as)\s+(?:now\s+)?an?\s+(?:ai|assistant|language\s+model)
    | (?:system|developer)\s+(?:prompt|message|note|instruction)
    | (?:ai|language\s+model|llm|chatbot|automated\s+(?:reader|reviewer|system))s?\b.{0,30}\b(?:must|should|shall|please|:)
    | (?:respond|reply|answer|output)\s+(?:only\s+)?with\b
    | ignorier\w*\b.{0,40}\b(?:anweisung|vorgabe|instruktion)
    | (?:markier|kennzeichn|stuf)\w*\b.{0,60}\b(?:als\s+)?(?:normal|dringend|nicht\s+dringend)
    | ignore[zr]?\b.{0,40}\b(?:instructions|consignes)
    )""",
    re.IGNORECASE | re.VERBOSE,
)


def talks_to_the_model(text: str) -> bool:
    """Returns whether the passage tries to instruct whoever reads it by machine."""
    return ADDRESSES_THE_MODEL.search(text) is not None
