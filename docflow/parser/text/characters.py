"""Characters of a text as they are stored: composed, without control characters."""

from __future__ import annotations

import re
import unicodedata

CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
"""Control characters except those that lay out a text."""
LINE_ENDS = re.compile(r"\r\n|\r\x85|[\r\x85\u2028\u2029]")
"""Line ends other than the line feed: of Windows, of old Macs, of mainframes (NEL), of Unicode."""
MOST_MARKS = 30
"""Combining marks on one letter that are kept together; no language needs more than a few."""
WITHOUT_LATIN = re.compile(rf"[^\x00-\u02ff]{{{MOST_MARKS + 1},}}")
"""Where more marks than that may be; no combining mark is among the excluded characters."""
JOINER = "\u034f"
"""Separates marks and is invisible itself (COMBINING GRAPHEME JOINER)."""


def clean(text: str) -> str:
    """Compose characters (NFC), unify line ends, drop control characters."""
    unified = WITHOUT_LATIN.sub(_separate_marks, LINE_ENDS.sub("\n", text))
    composed = unicodedata.normalize("NFC", unified)
    return CONTROLS.sub("", composed).replace("\v", "\n")


def _separate_marks(run: re.Match[str]) -> str:
    """Separate long sequences of marks, as the Unicode standard does for streams (UAX 15, 13).

    Composition sorts the marks of each sequence one by one: a million marks take hours. OCR results
    are cleaned in the app itself, where no process limit helps.
    """
    pieces = []
    marks = 0
    for character in run[0]:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks > MOST_MARKS:
            pieces.append(JOINER)
            marks = 1
        pieces.append(character)
    return "".join(pieces)
