"""Read the word lists in `words/` and turn their phrases into patterns.

In a phrase a space stands for any white space, `*` for the rest of a word, ` ... ` for up to
sixty characters; everything else is a regular expression.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

WORDS = Path(__file__).parent / "words"
SECTION = re.compile(r"\[(?P<title>.+)\]")
GAP = r"\b.{0,60}?\b"


@cache
def read_sections(name: str) -> dict[str, tuple[str, ...]]:
    """Return the lines of each section of `words/{name}.txt`, comments left out."""
    sections: dict[str, list[str]] = {}
    lines: list[str] = []
    for raw in (WORDS / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        line = raw.strip()
        heading = SECTION.fullmatch(line)
        if heading:
            lines = sections.setdefault(heading["title"], [])
        elif line and not line.startswith("#"):
            lines.append(line)
    return {title: tuple(found) for title, found in sections.items()}


def pattern(phrases: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern that finds any of the phrases as whole words, in any case."""
    joined = "|".join(_expression(phrase) for phrase in phrases)
    return re.compile(rf"(?<!\w)(?:{joined})(?!\w)", re.IGNORECASE)


def section_pattern(name: str, title: str) -> re.Pattern[str]:
    """Return the pattern of one section of a word list."""
    return pattern(read_sections(name)[title])


def _expression(phrase: str) -> str:
    spaced = phrase.replace(" ... ", GAP).replace(" ", r"\s+")
    return spaced.replace("*", r"\w*").replace("'", "['\N{RIGHT SINGLE QUOTATION MARK}]")
